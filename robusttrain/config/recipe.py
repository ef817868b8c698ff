"""Configuration -> recipe: checked, frozen parts; what can be refused is refused here."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from blake3 import blake3
from omegaconf import DictConfig
from torch import Tensor, nn

from robusttrain.certificate.exposure import Exposure, check_bound, exposure
from robusttrain.certificate.scheme import Scheme
from robusttrain.comm.ranks import hosting, local_rank, local_ranks
from robusttrain.config import checks
from robusttrain.config.cluster import Cluster
from robusttrain.config.cluster_checks import check_cluster
from robusttrain.config.defense import make_defense, make_stages
from robusttrain.config.device import check_backend, choose_device
from robusttrain.config.fault import make_faults
from robusttrain.config.fault_module import check_modules
from robusttrain.config.instantiate import make, make_model
from robusttrain.config.keys import check_keys
from robusttrain.config.probe import check_probe, lanes_of
from robusttrain.config.resolved import resolved
from robusttrain.config.runtime import Runtime
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.membership.planner import Planner
from robusttrain.ops.layout import Layout
from robusttrain.protocol.shares import shares
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.threat.threat import Threat
from robusttrain.training.augment.base import Augment
from robusttrain.training.data.base import Data
from robusttrain.training.digest import digest
from robusttrain.training.objective.base import Objective

LOCAL_KEYS = ("run", "wandb", "cluster", "resume", "checkpoint")


@dataclass(frozen=True, eq=False)
class Recipe:
    """A run that passed every check; the same on all ranks. Nothing is loaded yet.

    config: the configuration, its references resolved.
    workers: int. K.
    batch: int. B, samples a step.
    steps: int.
    seed: int. Names the random streams.
    runtime: Runtime. Ranks, device, back end, deadlines in seconds.
    cluster: Cluster. What this process is, where ranks are launched apart.
    data, augment, objective: what is learned, from what.
    agreement: Agreement. How copies are compared.
    detector: Detector.
    threat: Threat. The ground truth; the server's side is not given it.
    model: nn.Module, freshly initialised.
    layout: Layout. The parameters as one vector [D], cut into blocks.
    planner: Planner. The plan of each step.
    """

    config: dict[str, Any]
    workers: int
    batch: int
    steps: int
    seed: int
    runtime: Runtime
    cluster: Cluster
    data: Data
    augment: Augment
    objective: Objective
    agreement: Agreement
    detector: Detector
    threat: Threat
    model: nn.Module
    layout: Layout
    planner: Planner
    defense: Defense

    def defend(self, status: np.ndarray) -> Defense:
        """The server's side when `status` [K] says who is a member; ValueError if it cannot be."""
        evicted = int(np.count_nonzero(status))
        scheme = self.planner.scheme(status)
        return make_defense(self.config, self.detector, self.agreement, scheme, evicted)

    @cached_property
    def exposure(self) -> Exposure:
        """What the assumed liars can do at worst, at the start."""
        return exposure(self.planner.start, self.defense, self.agreement)

    def fingerprint(self) -> bytes:
        """32 bytes that are equal on two ranks iff they run the same thing.

        The values of trainable parameters do not count: the server sends its own.
        """
        shared = {k: v for k, v in self.config.items() if k not in LOCAL_KEYS}
        shared["defense"] = {k: v for k, v in shared["defense"].items() if k != "secret"}
        versions = [checks.version(name) for name in ("torch", "torchvision", "numpy")]
        shapes = [self.layout.names, [list(shape) for shape in self.layout.shapes]]
        facts = [shared, versions, shapes, self.data.sign(), digest(list(untrained(self.model)))]
        return blake3(json.dumps(facts, sort_keys=True).encode()).digest()

    def hosting(self, ranks: int) -> dict[int, list[int]]:
        """rank -> the workers that it hosts, when there are `ranks` worker ranks."""
        return hosting(self.workers, ranks, self.config["audit"]["rank"])


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of a run that a caller has as objects; the configuration then only describes them.

    data: Data.
    model: nn.Module.
    loss: (outputs, targets) -> scalar.
    described: config group -> what the configuration says of them.
    """

    data: Data
    model: nn.Module
    loss: Callable[[Any, Any], Tensor]
    described: dict[str, Any]


def recipe(config: DictConfig, ranks: int | None = None, parts: Parts | None = None) -> Recipe:
    """Check `config` and make its parts, but for those that are given.

    ranks: worker ranks; None: runtime.ranks.
    parts: Parts or None. In the place of the configuration's own data, model and loss.

    Raises ValueError that names the key, its value, the rule and the remedy.
    """
    checks.check_versions()
    cfg = resolved(config)
    check_keys(cfg)
    checks.check_numbers(cfg)
    runtime = Runtime(**cfg["runtime"])
    checks.check_ranks(cfg["workers"], runtime.ranks, ranks, cfg["audit"]["rank"])
    checks.check_wandb(**cfg["wandb"])
    cluster = check_cluster(cfg, local_rank())
    device = choose_device(runtime.device, local_rank())
    check_backend(runtime.backend, device, local_ranks() or runtime.ranks + 1)

    data: Data = make(cfg, "data") if parts is None else parts.data
    data.check()
    agreement: Agreement = make(cfg, "agreement")
    detector: Detector = make(cfg, "detector")
    planner = make_planner(cfg, data, agreement, detector)
    threat = make_threat(cfg, planner, agreement, data)
    model = make_model(cfg, data) if parts is None else parts.model
    check_modules(threat.faults, model)
    shown = cfg if parts is None else {**cfg, **parts.described}
    return Recipe(
        config=shown,
        workers=cfg["workers"],
        batch=cfg["batch"],
        steps=cfg["steps"],
        seed=cfg["seed"],
        runtime=runtime,
        cluster=cluster,
        data=data,
        augment=make(cfg, "augment"),
        objective=make_objective(cfg, parts, agreement),
        agreement=agreement,
        detector=detector,
        threat=threat,
        model=model,
        layout=Layout.of(model, runtime.block),
        planner=planner,
        defense=make_defense(shown, detector, agreement, planner.start, evicted=0),
    )


def make_objective(cfg: dict[str, Any], parts: Parts | None, agreement: Agreement) -> Objective:
    """The objective, with the configuration's loss or the one that is given."""
    if parts is None:
        objective: Objective = make(cfg, "objective")
    else:
        rest = {key: value for key, value in cfg["objective"].items() if key != "loss"}
        objective = make({"objective": rest}, "objective", loss=parts.loss)
    objective.double = agreement.probes and lanes_of(cfg) > 0
    return objective


def make_planner(
    cfg: dict[str, Any], data: Data, agreement: Agreement, detector: Detector
) -> Planner:
    """The planner of a scheme that exists, divides the batch, and can bear the assumed liars."""
    assignment: Assignment = make(cfg, "assignment")
    workers = cfg["workers"]
    assignment.check(workers, most=data.train_size)
    start = Scheme(assignment, workers, tuple(range(workers)), cfg["defense"]["byzantine"])
    checks.check_batch(cfg["batch"], len(start.teams), data.train_size)
    root = cfg["defense"]["root_samples"] or 0
    checks.check_root(root, cfg["batch"], data.train_size)
    check_probe(cfg, agreement, assignment)
    if agreement.width == 0 and assignment.replication > 1:
        raise ValueError(
            "agreement=none compares nothing, but this assignment has every task computed by "
            "several workers; use agreement=digest, or assignment=single"
        )
    if not cfg["defense"]["best_effort"]:
        check_bound(start, detector, agreement, make_stages(cfg))
    probation = cfg["probation"]
    return Planner(
        start, cfg["batch"], data.train_size, cfg["seed"], cfg["permute"],
        probation["tasks"] if probation["clean_steps"] is not None else 0, root, data.in_turn,
    )  # fmt: skip


def make_threat(cfg: dict[str, Any], planner: Planner, agreement: Agreement, data: Data) -> Threat:
    """The threat, if its attack has what it needs to know and something to lie about."""
    start = shares(planner(0)) if agreement.probes else planner(0)
    threat = Threat(
        **cfg["threat"],
        placement=make(cfg, "placement"),
        target=make(cfg, "target"),
        attack=make(cfg, "attack"),
        seed=cfg["seed"],
        start=start,
        classes=data.classes,
        faults=make_faults(cfg, agreement),
    )
    threat.forged(start)
    return threat


def untrained(model: nn.Module) -> Iterator[Tensor]:
    """The buffers and the frozen parameters, which each rank has from its own model."""
    yield from model.buffers()
    yield from (p.detach() for p in model.parameters() if not p.requires_grad)
