"""Configuration -> checked, frozen parts. Everything that can be refused is refused here."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from blake3 import blake3
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from robusttrain import settings
from robusttrain.agreement.base import Agreement
from robusttrain.assignment.base import Assignment
from robusttrain.augment.base import Augment
from robusttrain.comm.ranks import Wire, hosting, local_rank, local_ranks
from robusttrain.core.device import check_backend, choose_device
from robusttrain.core.layout import Layout
from robusttrain.core.rng import derive
from robusttrain.data.base import Data, Split
from robusttrain.defense import Defense
from robusttrain.model.base import check_pure
from robusttrain.objective.base import Gradients, Objective
from robusttrain.planner import Planner
from robusttrain.settings import Runtime
from robusttrain.threat import Threat
from robusttrain.topology.parameter_server import Server
from robusttrain.worker import Worker

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
    assignment: Assignment
    agreement: Agreement
    defense: Defense
    threat: Threat
    model: nn.Module
    layout: Layout
    planner: Planner

    @cached_property
    def exposure(self) -> tuple[int, int, int]:
        """(tasks the assumed liars can forge, vectors that makes bad, vectors the rule gets)."""
        return exposure(self.assignment, self.defense, self.agreement, self.workers)

    def fingerprint(self) -> bytes:
        """32 bytes that are equal on two ranks iff they run the same thing."""
        shared = {k: v for k, v in self.config.items() if k not in LOCAL_KEYS}
        versions = [settings.version(name) for name in ("torch", "torchvision", "numpy")]
        return blake3(json.dumps([shared, versions], sort_keys=True).encode()).digest()

    def wire(self, device: torch.device) -> Wire:
        tasks, blocks = self.planner.holders.shape[1], len(self.layout.blocks)
        copies = int(self.planner.holders.sum())
        width = min(self.runtime.block, self.layout.size)
        return Wire(
            self.runtime.backend,
            device,
            self.runtime.start,
            self.runtime.deadline,
            self.runtime.patience,
            limit_up=max(4 * tasks * width, (copies + tasks * blocks) * self.agreement.width, 64),
            limit_down=max(4 * self.layout.size, 16 * tasks),
        )

    def check_server(self) -> None:
        """Raise ValueError if the optimizer or its schedule cannot be made (it takes a second)."""
        self.server(1, torch.device("cpu"))

    def worker(self, rank: int, ranks: int, device: torch.device) -> Worker:
        """Worker rank `rank` of 1..ranks, with its data on `device`."""
        train, _ = self.data.load()
        if len(train) != self.data.train_size:
            raise ValueError(
                f"data: {len(train)} training samples were read where {self.data.train_size} "
                "should be; the files are incomplete; set data.root to a whole copy"
            )
        model = self.model.to(device)
        gradients = Gradients(self.objective, model, self.layout, train.to(device), self.augment)
        hosted = hosting(self.workers, ranks)[rank]
        return Worker(hosted, gradients, self.layout, self.agreement, self.threat)

    def server(self, ranks: int, device: torch.device) -> Server:
        """Rank 0, with freshly initialised parameters on `device`."""
        named = {n: p.detach() for n, p in self.model.named_parameters()}
        parameters = self.layout.pack(named, torch.empty(self.layout.size)).to(device)
        optimizer = make(self.config, "optimizer", params=[parameters])
        schedule = make(self.config, "schedule", optimizer=optimizer)

        def update(direction: Tensor | None) -> None:
            if direction is not None:
                parameters.grad = direction
                optimizer.step()
            schedule.step()

        return Server(
            self.steps, self.seed, self.planner, hosting(self.workers, ranks), parameters,
            self.layout, self.agreement, self.defense, update,
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
    for key, least in (("workers", 1), ("steps", 1), ("seed", 0), ("evaluate_every", 1)):
        settings.at_least(key, cfg[key], least)
    workers, assumed = cfg["workers"], cfg["defense"]["byzantine"]
    settings.check_liars(workers, assumed, cfg["threat"]["byzantine"])
    runtime = Runtime(**cfg["runtime"])
    settings.check_ranks(workers, runtime.ranks, ranks)
    settings.check_wandb(**cfg["wandb"])
    device = choose_device(runtime.device, local_rank())
    check_backend(runtime.backend, device, local_ranks() or runtime.ranks + 1)

    data: Data = make(cfg, "data")
    data.check()
    assignment: Assignment = make(cfg, "assignment")
    holders = assignment.holders(workers)
    settings.check_batch(cfg["batch"], holders.shape[1], data.train_size)
    agreement: Agreement = make(cfg, "agreement")
    if agreement.width == 0 and holders.sum(axis=0).max() > 1:
        raise ValueError(
            "agreement=none compares nothing, but this assignment has every task computed by "
            "several workers; use agreement=digest, or assignment=single"
        )
    defense = make_defense(cfg, assignment, agreement, workers)
    threat = Threat(
        **cfg["threat"], who=make(cfg, "who"), targets=make(cfg, "targets"),
        attack=make(cfg, "attack"), seed=cfg["seed"],
    )  # fmt: skip
    planner = Planner(holders, cfg["batch"], data.train_size, cfg["seed"])
    threat.forged(planner(0))
    model = make_model(cfg, data)
    return Recipe(
        config=cfg,
        workers=workers,
        batch=cfg["batch"],
        steps=cfg["steps"],
        seed=cfg["seed"],
        runtime=runtime,
        data=data,
        augment=make(cfg, "augment"),
        objective=make(cfg, "objective"),
        assignment=assignment,
        agreement=agreement,
        defense=defense,
        threat=threat,
        model=model,
        layout=Layout.of(model, runtime.block),
        planner=planner,
    )


def make_defense(
    cfg: dict[str, Any], assignment: Assignment, agreement: Agreement, workers: int
) -> Defense:
    """The server's side; a rule's `f` left null is what the assumed liars can forge at worst."""
    # A preset may leave parameters behind for a pre-aggregator that was then deselected.
    chosen = {k: v for k, v in (cfg.get("pre") or {}).items() if "_target_" in v}
    pre = tuple(make(chosen, name) for name in chosen)
    parts = dict(cfg["defense"], detector=make(cfg, "detector"), vote=make(cfg, "vote"), pre=pre)
    open_f = "f" in cfg["aggregator"] and cfg["aggregator"]["f"] is None
    draft = Defense(**parts, aggregator=make(cfg, "aggregator", **({"f": 0} if open_f else {})))
    _, bad, rows = exposure(assignment, draft, agreement, workers)
    rule = make(cfg, "aggregator", f=bad) if open_f else draft.aggregator
    rule.check(rows)
    return Defense(**parts, aggregator=rule)


def exposure(
    assignment: Assignment, defense: Defense, agreement: Agreement, workers: int
) -> tuple[int, int, int]:
    tasks = assignment.holders(workers).shape[1]
    compared = defense.detector.complete and agreement.width > 0
    forged = min(assignment.forgeable(workers, defense.byzantine, compared), tasks)
    bad, rows = forged, tasks
    for stage in defense.pre:
        bad, rows = stage.liars(rows, bad), stage.rows(rows)
    return forged, bad, rows


def make_model(cfg: dict[str, Any], data: Data) -> nn.Module:
    """The model, initialised from its own stream; global generators are left as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(cfg["seed"], "model"))
        model = make(cfg, "model", image=tuple(data.image), classes=data.classes)
    check_pure(model)
    return model


def make(cfg: dict[str, Any], key: str, **more: Any) -> Any:
    """The component described at `key`; what its constructor refuses is raised as ValueError."""
    try:
        return instantiate({**cfg[key], "_convert_": "all"}, **more)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, ValueError):
            raise cause from None
        raise ValueError(f"{key}: {error}") from error


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
