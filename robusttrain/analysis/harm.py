"""Harm: how far an attack moves an aggregate from the honest mean, on plain vectors.

Final accuracy hides it on an easy task. Here n vectors are drawn, f of them are forged, a rule
is applied, and the outcome is compared with the mean m of the honest vectors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor

from robusttrain.analysis.scene import Scene
from robusttrain.defense.aggregator.base import Rule, combine
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.defense.streaming.memory import changed
from robusttrain.rng import stream
from robusttrain.threat.attack.base import Attack

NOBODY, SEARCHED = "none", "searched"


@dataclass(frozen=True)
class Pipeline:
    """A rule behind pre-aggregators; `fit` makes one for n vectors of which f are bad."""

    rule: Rule
    stages: tuple[PreAggregator, ...] = ()

    @classmethod
    def fit(cls, rule: Rule, stages: Sequence[PreAggregator], n: int, f: int) -> "Pipeline":
        """An `f` that is left open becomes the number of vectors that can be bad there.

        ValueError if rule or stages are not defined for so many.
        """
        rows, told = n, []
        for stage in stages:
            told.append(_told(stage, f))
            f, rows = stage.bad_out(rows, f), stage.rows_out(rows)
        rule = _told(rule, f)
        rule.check(rows)
        return cls(rule, tuple(told))

    def __call__(self, vectors: Tensor, seed: int) -> Tensor:
        """[n, d] -> [d], nothing being remembered from before or for later."""
        return combine([vectors], self.rule, self.stages, stream(seed, "harm", "server"), False)


def _told(part: Any, f: int) -> Any:
    return changed(part, f=f) if getattr(part, "f", 0) is None else part


@dataclass(frozen=True)
class Harm:
    """How far an aggregate A [d] is from the mean m [d] of the honest vectors.

    distance: |A - m|.
    relative: |A - m| / |m|.
    cosine: of the angle between A and m, -1..1; 0 where one of them is zero.
    """

    distance: float
    relative: float
    cosine: float

    @classmethod
    def of(cls, aggregate: Tensor, mean: Tensor) -> "Harm":
        """Of A [d] float and m [d] float64; infinite, with cosine -1, where A is not finite."""
        aggregate = aggregate.double()
        if not bool(torch.isfinite(aggregate).all()):
            return cls(float("inf"), float("inf"), -1.0)
        distance, length = float((aggregate - mean).norm()), float(mean.norm())
        cosine = float(aggregate @ mean) / max(float(aggregate.norm()) * length, 1e-300)
        return cls(distance, distance / max(length, 1e-300), cosine)

    @classmethod
    def worst(cls, harms: Iterable["Harm"]) -> "Harm":
        """The largest distance, the largest relative distance and the least cosine."""
        distances, relatives, cosines = zip(*map(_values, harms), strict=True)
        return cls(max(distances), max(relatives), min(cosines))

    @classmethod
    def middle(cls, harms: Iterable["Harm"]) -> "Harm":
        """The medians, each for itself."""
        return cls(*(median(column) for column in zip(*map(_values, harms), strict=True)))


def _values(harm: Harm) -> tuple[float, float, float]:
    return harm.distance, harm.relative, harm.cosine


Table = dict[tuple[float, str, str], Harm]  # by noise, attack, rule


def suffered(scene: Scene, sent: Mapping[str, Tensor], pipeline: Pipeline) -> dict[str, Harm]:
    """The harm of each attack, given the rows [1 or f, d] that it sends.

    `none` comes first: all n vectors are honest, and m is the mean of all. `searched` comes
    last: the worst of the search of the scene and of the attacks given.
    """

    def harm(rows: Tensor) -> Harm:
        vectors = torch.cat([scene.honest, rows.expand(len(scene.own), -1)])
        return Harm.of(pipeline(vectors, scene.seed), scene.mean)

    everyone = torch.cat([scene.honest, scene.own])
    peace = Harm.of(pipeline(everyone, scene.seed), everyone.double().mean(dim=0))
    fixed = {name: harm(rows) for name, rows in sent.items()}
    worst = Harm.worst([*fixed.values(), *map(harm, scene.search())])
    return {NOBODY: peace, **fixed, SEARCHED: worst}


def compare(
    scenes: Mapping[float, Sequence[Scene]],
    attacks: Mapping[str, Attack],
    pipelines: Iterable[tuple[str, Pipeline]],
) -> Table:
    """The median harm over the scenes of each noise, for each attack and named pipeline.

    scenes: by noise.
    """
    drawn = [
        (noise, scene, {name: scene.forge(attack) for name, attack in attacks.items()})
        for noise, several in scenes.items()
        for scene in several
    ]
    table: Table = {}
    for rule, pipeline in pipelines:
        harms = [(noise, suffered(scene, sent, pipeline)) for noise, scene, sent in drawn]
        for noise in scenes:
            here = [by_attack for at, by_attack in harms if at == noise]
            for attack in here[0]:
                table[noise, attack, rule] = Harm.middle(harm[attack] for harm in here)
    return table
