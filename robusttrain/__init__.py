"""Distributed training on torch.distributed for clusters in which some machines lie.

`import robusttrain as rt` imports nothing heavy; each name below does when it is first used.

rt.aggregator, rt.preaggregator, rt.detector, rt.vote    the defence's stages
rt.assignment, rt.agreement                              who computes what, how copies compare
rt.attack, rt.placement, rt.target, rt.fault             the threat
rt.data, rt.augment, rt.model, rt.objective              what is learned
    A stage has a class for each module of its folder, and its base classes: dir(rt.attack).
    Models are functions, in modules of their names: rt.model.small_cnn.small_cnn.
rt.Knowledge                            what an attack is given
rt.aggregate(vectors, rule, stages)     a rule on a matrix, after pre-aggregators
rt.certify(assignment, workers, byzantine)   what an assignment guarantees -> Certificate
rt.recipe(*overrides)                   a configuration, checked -> Recipe
rt.train(*overrides)                    a run on ranks of its own -> its summary
rt.Session(model, loss, config)         a training loop of the user's own, under torchrun
rt.simulate(recipe)                     a run in this process -> the server at its end

>>> import robusttrain as rt, torch
>>> rt.aggregator.Krum(f=1)(torch.tensor([[1.0], [1.1], [1.3], [1.6], [99.0]]))
tensor([1.1000])
>>> rt.certify(rt.assignment.Subset(3), workers=15, byzantine=3).voted.count
37
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from robusttrain.certificate.certificate import Certificate, certify
    from robusttrain.certificate.exposure import Exposure
    from robusttrain.config.compose import recipe
    from robusttrain.config.recipe import Recipe
    from robusttrain.defense import aggregator, detector, preaggregator, vote
    from robusttrain.defense.aggregate import aggregate
    from robusttrain.defense.defense import Defense, Outcome
    from robusttrain.defense.preaggregator.base import Undefined
    from robusttrain.redundancy import agreement, assignment
    from robusttrain.run.session import Session
    from robusttrain.run.simulate import simulate
    from robusttrain.run.train import train
    from robusttrain.threat import attack, fault, placement, target
    from robusttrain.threat.knowledge import Knowledge
    from robusttrain.training import augment, data, model, objective
    from robusttrain.types import Claims, CommitmentBroken, Hearing, Plan, Sources, Verdict

MODULES = {
    "certificate.certificate": ("Certificate", "certify"),
    "certificate.exposure": ("Exposure",),
    "config.compose": ("recipe",),
    "config.recipe": ("Recipe",),
    "defense": ("aggregator", "detector", "preaggregator", "vote"),
    "defense.aggregate": ("aggregate",),
    "defense.defense": ("Defense", "Outcome"),
    "defense.preaggregator.base": ("Undefined",),
    "redundancy": ("agreement", "assignment"),
    "run.session": ("Session",),
    "run.simulate": ("simulate",),
    "run.train": ("train",),
    "threat": ("attack", "fault", "placement", "target"),
    "threat.knowledge": ("Knowledge",),
    "training": ("augment", "data", "model", "objective"),
    "types": ("Claims", "CommitmentBroken", "Hearing", "Plan", "Sources", "Verdict"),
}
MODULE_OF = {name: module for module, names in MODULES.items() for name in names}

__all__ = [
    "Certificate", "Claims", "CommitmentBroken", "Defense", "Exposure", "Hearing", "Knowledge",
    "Outcome", "Plan", "Recipe", "Session", "Sources", "Undefined", "Verdict", "aggregate",
    "aggregator", "agreement", "assignment", "attack", "augment", "certify", "data", "detector",
    "fault", "model", "objective", "placement", "preaggregator", "recipe", "simulate", "target",
    "train", "vote",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in MODULE_OF:
        raise AttributeError(f"module 'robusttrain' has no attribute {name!r}")
    module = f"robusttrain.{MODULE_OF[name]}"
    if MODULE_OF[name] in ("defense", "redundancy", "threat", "training"):  # the name is a stage
        return import_module(f"{module}.{name}")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
