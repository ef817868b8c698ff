"""What the benchmark compares: our rules and pre-aggregators, and the same of byzfl and byzpy.

f = n // 5 everywhere, less where a rule's precondition wants it (bulyan). Peers run at their
defaults, set to the same f, radius and number of vectors kept. Where they mean something else
(the lower median for even n, one power step in CAF, three Weiszfeld steps) it shows as a
distance from ours. A pre-aggregator is timed with the mean after it.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from importlib.util import find_spec
from math import comb, sqrt
from typing import Any

import torch
from torch import Tensor

import robusttrain.defense.aggregator
import robusttrain.defense.preaggregator
from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.preaggregator.base import PreAggregator

LIBRARIES = ("byzfl", "byzpy")
# No rules of their own: a callable, a pool of others, the identity in a plain call.
SKIPPED = ("base", "foreign", "mix_tailor", "static_momentum")
ENUMERABLE = 20_000  # sets that a peer is made to look at

Call = Callable[[Tensor], Any]


@dataclass(frozen=True)
class Comparison:
    """One rule or pre-aggregator, for n vectors [n, d] of norm sqrt(d): ours and theirs.

    name: of the rule or pre-aggregator.
    ours: the callable [n, d] -> [d].
    peers: library -> what makes theirs, anew for every call, as they may remember.
    overwrites: bool. Theirs writes into its input.
    """

    name: str
    ours: Call
    peers: dict[str, Callable[[], Call]] = field(default_factory=dict)
    overwrites: bool = False


def names() -> list[str]:
    """All that can be timed: rules, then pre-aggregators."""
    choices: list[str] = []
    for package in (robusttrain.defense.aggregator, robusttrain.defense.preaggregator):
        modules = pkgutil.iter_modules(package.__path__)
        choices += [m.name for m in modules if m.name not in SKIPPED]
    return choices


def comparison(name: str, n: int, d: int) -> Comparison:
    """Ours and theirs for n vectors of size d. ValueError if n is too small for the rule."""
    f, radius = n // 5, 0.5 * sqrt(d)
    peers = {
        library: make
        for library, table in (("byzfl", byzfl(f, radius)), ("byzpy", byzpy(f, n, radius)))
        if find_spec(library) and (make := table.get(name))
    }
    if name in ("mda", "smea") and comb(n, f) > ENUMERABLE:
        peers = {}
    part = ours(name, n, f, radius)
    if isinstance(part, PreAggregator):
        peers = {library: partial(averaged, make) for library, make in peers.items()}
        return Comparison(
            name, lambda v: combine([v], Mean(), [part]), peers, name in ("clipping", "arc")
        )
    if part.needs_root:
        return Comparison(name, lambda v: part(v, root=v[0]), peers)
    return Comparison(name, part, peers)


def averaged(make: Callable[[], Call]) -> Call:
    """The peer's pre-aggregator, whose output is one tensor or a list, and the mean after it."""
    run = make()

    def mean(vectors: Tensor) -> Tensor:
        out = run(vectors)
        return (torch.stack(out) if isinstance(out, list) else out).mean(dim=0)

    return mean


def ours(name: str, n: int, f: int, radius: float) -> Any:
    """The rule or pre-aggregator `name`, with the largest number up to f that it takes."""
    package = (
        "aggregator" if find_spec(f"robusttrain.defense.aggregator.{name}") else "preaggregator"
    )
    module = importlib.import_module(f"robusttrain.defense.{package}.{name}")
    kind = getattr(module, "".join(part.capitalize() for part in name.split("_")))
    wanted = {"f": f, "radius": radius, "size": 2, "m": n - f, "trusted_worker": 0}
    rule = kind(
        **{field.name: wanted[field.name] for field in fields(kind) if field.name in wanted}
    )
    if package == "preaggregator":
        return rule
    for fewer in range(f, -1, -1):
        try:
            rule.check(n)
            break
        except ValueError:
            if fewer == 0 or not hasattr(rule, "f"):
                raise
            rule = replace(rule, f=fewer - 1)
    return rule


def byzfl(f: int, radius: float) -> dict[str, Callable[[], Call]]:
    """Rule -> what makes byzfl's."""

    def make(name: str, *arguments: Any, **options: Any) -> Callable[[], Call]:
        return lambda: getattr(importlib.import_module("byzfl"), name)(*arguments, **options)

    return {
        "mean": make("Average"),
        "median": make("Median"),
        "trimmed_mean": make("TrMean", f),
        "mea_med": make("Meamed", f),
        "krum": make("Krum", f),
        "multi_krum": make("MultiKrum", f),
        "geometric_median": make("GeometricMedian"),
        "centered_clipping": make("CenteredClipping", tau=radius),
        "mda": make("MDA", f),
        "monna": make("MoNNA", f),
        "caf": make("CAF", f),
        "smea": make("SMEA", f),
        "nnm": make("NNM", f),
        "bucketing": make("Bucketing", 2),
        "clipping": make("Clipping", radius),
        "arc": make("ARC", f),
    }


def byzpy(f: int, n: int, radius: float) -> dict[str, Callable[[], Call]]:
    """Rule -> what makes byzpy's; its classes take a list of vectors."""

    def make(path: str, *arguments: Any, **options: Any) -> Callable[[], Call]:
        module, name = path.rsplit(".", 1)

        def build() -> Call:
            kind = getattr(importlib.import_module(f"byzpy.{module}"), name)
            thing = kind(*arguments, **options)
            run = thing.aggregate if hasattr(thing, "aggregate") else thing.pre_aggregate
            return lambda vectors: run(list(vectors))

        return build

    coordinate, geometric, norm = (
        f"aggregators.{kind}_wise" for kind in ("coordinate", "geometric", "norm")
    )
    return {
        "median": make(f"{coordinate}.median.CoordinateWiseMedian"),
        "trimmed_mean": make(f"{coordinate}.trimmed_mean.CoordinateWiseTrimmedMean", f),
        "mea_med": make(f"{coordinate}.mean_of_medians.MeanOfMedians", f),
        "krum": make(f"{geometric}.krum.Krum", f),
        "multi_krum": make(f"{geometric}.krum.MultiKrum", f, n - f),
        "geometric_median": make(f"{geometric}.geometric_median.GeometricMedian"),
        "mda": make(f"{geometric}.minimum_diameter_average.MinimumDiameterAveraging", f),
        "monna": make(f"{geometric}.monna.MoNNA", f),
        "smea": make(f"{geometric}.smea.SMEA", f),
        "caf": make(f"{norm}.caf.CAF", f),
        "centered_clipping": make(
            f"{norm}.center_clipping.CenteredClipping", c_tau=radius, M=1, init="zero"
        ),
        "cge": make(f"{norm}.comparative_gradient_elimination.ComparativeGradientElimination", f),
        "nnm": make("pre_aggregators.NearestNeighborMixing", f),
        "bucketing": make("pre_aggregators.Bucketing", 2),
        "clipping": make("pre_aggregators.Clipping", radius),
        "arc": make("pre_aggregators.ARC", f),
    }
