"""Configuration -> checked, frozen parts. Everything that can be refused is refused here."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from blake3 import blake3
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from robusttrain import settings
from robusttrain.certificate.exposure import Exposure, check_bound, exposure, make_defense
from robusttrain.certificate.scheme import Scheme
from robusttrain.comm.rendezvous import Wire, hosting, local_rank, local_ranks
from robusttrain.components import make, make_model
from robusttrain.core.device import check_backend, choose_device
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.streaming.memory import share
from robusttrain.membership.eviction import Membership
from robusttrain.membership.planner import Planner
from robusttrain.ops.layout import Layout
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.settings import Runtime
from robusttrain.threat.threat import Threat
from robusttrain.topology.parameter_server import Server
from robusttrain.training.augment.base import Augment
from robusttrain.training.data.base import Data, Split
from robusttrain.training.objective.base import Gradients, Objective

LOCAL_KEYS = ("run", "wandb")


@dataclass(frozen=True, eq=False)
class Recipe:
    """A run that passed every check; the same on all ranks. Nothing is loaded yet."""

    config: dict[str, Any]
    workers: int
    batch: int
    steps: int
    seed: int
    runtime: Runtime
    data: Data
    augment: Augment
    objective: Objective
    agreement: Agreement
    detector: Detector
    threat: Threat
    model: nn.Module
    layout: Layout
    planner: Planner

    @cached_property
    def defense(self) -> Defense:
        """The server's side at the start."""
        return self.defend(np.zeros(self.workers))

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
        """32 bytes that are equal on two ranks iff they run the same thing."""
        shared = {k: v for k, v in self.config.items() if k not in LOCAL_KEYS}
        shared["defense"] = {k: v for k, v in shared["defense"].items() if k != "secret"}
        versions = [settings.version(name) for name in ("torch", "torchvision", "numpy")]
        return blake3(json.dumps([shared, versions], sort_keys=True).encode()).digest()

    def wire(self, device: torch.device) -> Wire:
        tasks, replication = self.planner.start.teams.shape
        if self.config["defense"]["evict"]:
            tasks = self.batch  # a scheme for fewer workers may have more tasks
        blocks, width = len(self.layout.blocks), min(self.runtime.block, self.layout.size)
        copies = tasks * replication + self.workers * self.planner.shadows
        digests = (copies + tasks * blocks) * self.agreement.width
        return Wire(
            self.runtime.backend,
            device,
            self.runtime.start,
            self.runtime.deadline,
            self.runtime.patience,
            limit_up=max(4 * tasks * width, digests, 64),
            limit_down=max(4 * self.layout.size, 16 * tasks, self.workers),
        )

    def check_server(self) -> None:
        """Raise ValueError if the optimizer or its schedule cannot be made (it takes a second)."""
        self.server(self.runtime.ranks, torch.device("cpu"))

    def recompute(self, device: torch.device) -> Recompute:
        """What computes true gradients, with the training data on `device`."""
        train, _ = self.data.load()
        if len(train) != self.data.train_size:
            raise ValueError(
                f"data: {len(train)} training samples were read where {self.data.train_size} "
                "should be; the files are incomplete; set data.root to a whole copy"
            )
        model = self.model.to(device)
        gradients = Gradients(self.objective, model, self.layout, train.to(device), self.augment)
        return Recompute(gradients, self.layout, self.agreement)

    def hosting(self, ranks: int) -> dict[int, list[int]]:
        return hosting(self.workers, ranks, self.config["audit"]["rank"])

    def worker(self, rank: int, ranks: int, device: torch.device) -> Worker:
        """Worker rank `rank` of 1..ranks, with its data on `device`."""
        return Worker(self.hosting(ranks)[rank], self.recompute(device), self.threat)

    def server(self, ranks: int, device: torch.device) -> Server:
        """Rank 0, with freshly initialised parameters on `device`."""
        named = {n: p.detach() for n, p in self.model.named_parameters()}
        parameters = self.layout.pack(named, torch.empty(self.layout.size)).to(device)
        optimizer = make(self.config, "optimizer", params=[parameters])
        schedule = make(self.config, "schedule", optimizer=optimizer)
        secret = self.config["defense"]["secret"]

        def update(direction: Tensor | None) -> None:
            if direction is not None:
                parameters.grad = direction
                optimizer.step()
            schedule.step()

        @cache
        def defend(status: bytes) -> Defense:
            found = self.defend(np.frombuffer(status, np.uint8))
            first = (self.defense.aggregator, *self.defense.pre)
            for new, old in zip((found.aggregator, *found.pre), first, strict=True):
                share(new, old)
            return found

        def feasible(status: np.ndarray) -> Scheme:
            defend(status.tobytes())
            return self.planner.scheme(status)

        return Server(
            steps=self.steps,
            secret=self.seed if secret is None else secret,
            plan=self.planner,
            hosting=self.hosting(ranks),
            parameters=parameters,
            layout=self.layout,
            agreement=self.agreement,
            defend=lambda status: defend(status.tobytes()),
            membership=Membership(
                self.workers, self.config["defense"]["evict"],
                self.config["probation"]["clean_steps"], feasible,
            ),
            auditor=Auditor(self.config["audit"]["rank"], cache(lambda: self.recompute(device))),
            update=update,
        )  # fmt: skip

    def evaluator(self, parameters: Tensor) -> Callable[[], dict[str, float]]:
        """Measures the current `parameters` on the test set, on their device."""
        device = parameters.device
        _, test = self.data.load()
        model, held_out = self.model.to(device), test.to(device)
        return lambda: evaluate(self.objective, model, self.layout.unflatten(parameters), held_out)


def recipe(config: DictConfig, ranks: int | None = None) -> Recipe:
    """Check `config` and make its parts; `ranks` worker ranks, or runtime.ranks where None.

    Raises ValueError that names the key, its value, the rule and the remedy.
    """
    settings.check_versions()
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    cfg: dict[str, Any] = {str(k): v for k, v in plain.items()}
    settings.check_numbers(cfg)
    runtime = Runtime(**cfg["runtime"])
    settings.check_ranks(cfg["workers"], runtime.ranks, ranks, cfg["audit"]["rank"])
    settings.check_wandb(**cfg["wandb"])
    device = choose_device(runtime.device, local_rank())
    check_backend(runtime.backend, device, local_ranks() or runtime.ranks + 1)

    data: Data = make(cfg, "data")
    data.check()
    agreement: Agreement = make(cfg, "agreement")
    detector: Detector = make(cfg, "detector")
    planner = make_planner(cfg, data, agreement, detector)
    threat = Threat(
        **cfg["threat"], who=make(cfg, "who"), targets=make(cfg, "targets"),
        attack=make(cfg, "attack"), seed=cfg["seed"], start=planner(0),
    )  # fmt: skip
    threat.forged(planner(0))
    if threat.byzantine and not threat.attack.speaks and agreement.width == 0:
        raise ValueError(
            "attack=silent withholds a commitment, but agreement=none asks for none; use "
            "agreement=digest"
        )
    model = make_model(cfg, data)
    checked = Recipe(
        config=cfg,
        workers=cfg["workers"],
        batch=cfg["batch"],
        steps=cfg["steps"],
        seed=cfg["seed"],
        runtime=runtime,
        data=data,
        augment=make(cfg, "augment"),
        objective=make(cfg, "objective"),
        agreement=agreement,
        detector=detector,
        threat=threat,
        model=model,
        layout=Layout.of(model, runtime.block),
        planner=planner,
    )
    checked.exposure  # noqa: B018  makes the defence, which may refuse
    return checked


def make_planner(
    cfg: dict[str, Any], data: Data, agreement: Agreement, detector: Detector
) -> Planner:
    """The planner of a scheme that exists, divides the batch, and can bear the assumed liars."""
    assignment: Assignment = make(cfg, "assignment")
    workers = cfg["workers"]
    start = Scheme(assignment, workers, tuple(range(workers)), cfg["defense"]["byzantine"])
    settings.check_batch(cfg["batch"], len(start.teams), data.train_size)
    if agreement.width == 0 and assignment.replication > 1:
        raise ValueError(
            "agreement=none compares nothing, but this assignment has every task computed by "
            "several workers; use agreement=digest, or assignment=single"
        )
    if not cfg["defense"]["best_effort"]:
        check_bound(start, detector, agreement)
    probation = cfg["probation"]
    return Planner(
        start, cfg["batch"], data.train_size, cfg["seed"], cfg["permute"],
        probation["tasks"] if probation["clean_steps"] is not None else 0,
    )  # fmt: skip


@torch.no_grad()
def evaluate(
    objective: Objective, model: nn.Module, parameters: dict[str, Tensor], data: Split
) -> dict[str, float]:
    """The objective's measures over all of `data`, a thousand samples at a time."""
    outputs = [
        torch.func.functional_call(model, parameters, (data.normalised(images),))
        for images in data.images.split(1000)
    ]
    return objective.evaluate(torch.cat(outputs), data.labels)
