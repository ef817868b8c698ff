"""Harm: how far an attack moves an aggregate from the honest mean, on plain vectors.

Final accuracy hides it on an easy task. Here n vectors are drawn, f of them are forged, a rule
is applied, and the outcome is compared with the mean m of the honest vectors.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.pipeline import Pipeline
from robusttrain.rng import stream
from robusttrain.threat.attack.base import Attack, Knowledge, Poison
from robusttrain.threat.attack.min_max import DIRECTIONS, perturbation

NOBODY, SEARCHED = "none", "searched"
SCALES = tuple(2 ** (k / 2) for k in range(-8, 9))  # of the honest spread
BASES = (2.0, 16.0)


class NotAboutVectors(Exception):
    """The attack is about more than vectors."""


@dataclass(frozen=True, eq=False)
class Scene:
    """honest [h, d]: what the honest send; own [f, d]: the truth in the place of which f lie."""

    honest: Tensor
    own: Tensor
    seed: int

    @classmethod
    def draw(cls, n: int, f: int, size: int, noise: float, seed: int) -> "Scene":
        """n vectors mu + e_i, |mu| = 1 in a random direction, e_i Gaussian of E|e_i|^2 = noise^2.

        Scenes of one seed that differ in their noise have the same mu and the same e_i / noise.
        """
        way = stream(seed, "harm", "mean").standard_normal(size)
        spread = stream(seed, "harm", "noise").standard_normal((n, size))
        rows = way / np.linalg.norm(way) + noise * spread / size**0.5
        vectors = torch.from_numpy(rows).float()
        return cls(vectors[: n - f], vectors[n - f :], seed)

    @property
    def mean(self) -> Tensor:
        return self.honest.double().mean(dim=0)

    @property
    def spread(self) -> float:
        """The root mean square distance of the honest vectors from their mean."""
        return float((self.honest.double() - self.mean).square().sum(dim=1).mean().sqrt())

    def view(self) -> Knowledge:
        """What an omniscient attacker sees in the first step; each vector is a worker's task."""
        h, f = len(self.honest), len(self.own)

        def earlier(steps: int) -> Tensor | None:
            raise NotAboutVectors("it sends what was true in earlier steps")

        def poisoned(poison: Poison) -> Tensor:
            raise NotAboutVectors("it is about labels")

        return Knowledge(
            honest=self.own,
            tasks=np.arange(h, h + f),
            known=self.honest,
            spared=np.ones(h, dtype=bool),
            omniscient=True,
            forged=f,
            workers=h + f,
            byzantine=f,
            step=0,
            seed=self.seed,
            worker=None,
            previous=None,
            earlier=earlier,
            poisoned=poisoned,
        )

    def forge(self, attack: Attack) -> Tensor:
        """[f, d]: the rows that the liars send; raises Unfit if there is more to it."""
        if not attack.speaks:
            raise NotAboutVectors("it is silent")
        if attack.wait:
            raise NotAboutVectors("it is about time")
        if type(attack).deliver is not Attack.deliver:
            raise NotAboutVectors("it commits to other rows than it sends")
        if len(self.honest) < attack.needs_known:
            raise NotAboutVectors(
                f"it needs {attack.needs_known} honest vectors; got {len(self.honest)}"
            )
        return attack.forge(self.view())

    def search(self) -> list[Tensor]:
        """What the liars might send, [1, d] if they all send the same, else [f, d].

        In unison, m - s p: p the directions of ALIE (std), IPM (unit) and the sign of m, with |s p|
        the honest spread times `SCALES`. Scattered, m + s_i e_i: each liar in the direction of
        its own noise, i = 1..f, with s_i the spread times b^i for each b of `BASES`.
        """
        ways = [perturbation(self.honest, self.honest.mean(dim=0), d) for d in DIRECTIONS]
        steps = [-scale * _unit(way.double()[None]) for way in ways for scale in SCALES]
        powers = torch.arange(1, len(self.own) + 1, dtype=torch.float64)[:, None]
        noise = _unit(self.own.double() - self.mean)
        steps += [base**powers * noise for base in BASES]
        return [(self.mean + self.spread * step).to(self.honest.dtype) for step in steps]


def _unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-300)


@dataclass(frozen=True)
class Harm:
    """distance |A - m|, relative |A - m| / |m|, and the cosine of A and m."""

    distance: float
    relative: float
    cosine: float

    @classmethod
    def of(cls, found: Tensor, mean: Tensor) -> "Harm":
        """An aggregate that is not finite is infinitely far, and opposite."""
        found = found.double()
        if not bool(torch.isfinite(found).all()):
            return cls(float("inf"), float("inf"), -1.0)
        distance, length = float((found - mean).norm()), float(mean.norm())
        cosine = float(found @ mean) / max(float(found.norm()) * length, 1e-300)
        return cls(distance, distance / max(length, 1e-300), cosine)

    @classmethod
    def worst(cls, harms: Iterable["Harm"]) -> "Harm":
        """The largest distances and the least cosine, each for itself."""
        columns = list(zip(*(_values(h) for h in harms), strict=True))
        return cls(max(columns[0]), max(columns[1]), min(columns[2]))

    @classmethod
    def middle(cls, harms: Iterable["Harm"]) -> "Harm":
        """The medians, each for itself."""
        return cls(*(median(column) for column in zip(*map(_values, harms), strict=True)))


def _values(harm: Harm) -> tuple[float, float, float]:
    return harm.distance, harm.relative, harm.cosine


Table = dict[tuple[float, str, str], Harm]  # by noise, attack, rule


def fitting(
    attacks: Mapping[str, Attack], scene: Scene
) -> tuple[dict[str, Attack], dict[str, str]]:
    """The attacks that are about vectors, and why the others are not."""
    fit, left = {}, {}
    for name, attack in attacks.items():
        try:
            scene.forge(attack)
            fit[name] = attack
        except NotAboutVectors as why:
            left[name] = str(why)
    return fit, left


def suffered(scene: Scene, sent: Mapping[str, Tensor], pipeline: Pipeline) -> dict[str, Harm]:
    """Attack -> harm, given the rows that each sends; `none` comes first, `searched` last.

    With `none` all n vectors are honest, and m is the mean of all. `searched` is the worst of
    the search and of the attacks given, so it is never less than any of them.
    """

    def aggregate(vectors: Tensor) -> Tensor:
        return pipeline([vectors], stream(scene.seed, "harm", "server"), remember=False)

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
    defences: Iterable[tuple[str, Pipeline]],
) -> Table:
    """Noise -> scenes; the median over the scenes of each noise."""
    drawn = [
        (noise, scene, {name: scene.forge(attack) for name, attack in attacks.items()})
        for noise, several in scenes.items()
        for scene in several
    ]
    table: Table = {}
    for rule, pipeline in defences:
        found = [(noise, suffered(scene, sent, pipeline)) for noise, scene, sent in drawn]
        for noise in scenes:
            harms = [h for at, h in found if at == noise]
            for attack in harms[0]:
                table[noise, attack, rule] = Harm.middle(h[attack] for h in harms)
    return table
