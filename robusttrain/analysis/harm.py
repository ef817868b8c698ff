"""Harm: how far an attack moves an aggregate from the honest mean, on plain vectors.

Final accuracy hides it on an easy task. Here n vectors are drawn, f of them are forged, a rule
is applied, and the outcome is compared with the mean m of the honest vectors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from robusttrain.analysis.scene import Scene
from robusttrain.defense.pipeline import Pipeline
from robusttrain.rng import stream
from robusttrain.threat.attack.base import Attack

NOBODY, SEARCHED = "none", "searched"


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

    def aggregate(vectors: Tensor) -> Tensor:
        rng = stream(scene.seed, "harm", "server")
        return pipeline([vectors], rng, remember=False, root=scene.root)

    def harm(rows: Tensor) -> Harm:
        vectors = torch.cat([scene.honest, rows.expand(len(scene.own), -1)])
        return Harm.of(aggregate(vectors), scene.mean)

    everyone = torch.cat([scene.honest, scene.own])
    peace = Harm.of(aggregate(everyone), everyone.double().mean(dim=0))
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
