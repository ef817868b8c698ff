"""Scenes: n random vectors of which f are to be forged, and what an attacker sends for those."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.rng import stream
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge, Poison
from robusttrain.threat.perturbation import DIRECTIONS, perturbation

SCALES = tuple(2 ** (k / 2) for k in range(-8, 9))  # of the honest spread
BASES = (2.0, 16.0)


class NotAboutVectors(Exception):
    """The attack is about more than vectors."""


@dataclass(frozen=True, eq=False)
class Scene:
    """The vectors of one draw.

    honest: [h, d] float32. What the honest workers send.
    own: [f, d] float32. The true vectors in the place of which the Byzantine workers forge.
    seed: of the draw.
    root: [d] float32 or None. What the server computes from data of its own.
    """

    honest: Tensor
    own: Tensor
    seed: int
    root: Tensor | None = None

    @classmethod
    def draw(cls, n: int, f: int, size: int, noise: float, seed: int) -> "Scene":
        """n vectors mu + e_i, |mu| = 1 in a random direction, e_i Gaussian of E|e_i|^2 = noise^2.

        The server's own is one more of them.
        Scenes of one seed that differ in their noise have the same mu and the same e_i / noise.
        """
        direction = stream(seed, "harm", "mean").standard_normal(size)
        spread = stream(seed, "harm", "noise").standard_normal((n, size))
        rows = direction / np.linalg.norm(direction) + noise * spread / size**0.5
        vectors = torch.from_numpy(rows).float()
        apart = stream(seed, "harm", "root").standard_normal(size)
        root = direction / np.linalg.norm(direction) + noise * apart / size**0.5
        return cls(vectors[: n - f], vectors[n - f :], seed, torch.from_numpy(root).float())

    @property
    def mean(self) -> Tensor:
        """m [d] float64, of the honest vectors."""
        return self.honest.double().mean(dim=0)

    @property
    def spread(self) -> float:
        """The root mean square distance of the honest vectors from their mean."""
        return float((self.honest.double() - self.mean).square().sum(dim=1).mean().sqrt())

    def knowledge(self) -> Knowledge:
        """What an omniscient attacker knows at step 0; each vector is the task of a worker."""
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
        """[f, d]: the rows that the Byzantine workers send.

        NotAboutVectors, with the reason: the attack does more than send vectors, or needs to
        know more vectors than there are.
        """
        if type(attack).deliver is not Attack.deliver:
            raise NotAboutVectors("it commits to other rows than it sends")
        if len(self.honest) < attack.needs_known:
            raise NotAboutVectors(
                f"it needs {attack.needs_known} honest vectors; got {len(self.honest)}"
            )
        return attack.forge(self.knowledge())

    def search(self) -> list[Tensor]:
        """The rows of the search: [1, d] where all Byzantine workers send the same, else [f, d].

        In unison, m - s p: p the directions of ALIE (std), IPM (unit) and the sign of m, with |s p|
        the honest spread times `SCALES`. Scattered, m + s_i e_i: each in the direction of its own
        noise, i = 1..f, with s_i the spread times b^i for each b of `BASES`.
        """
        mean = self.honest.mean(dim=0)
        directions = [perturbation(self.honest, mean, name) for name in DIRECTIONS]
        steps = [-scale * _unit(p.double()[None]) for p in directions for scale in SCALES]
        powers = torch.arange(1, len(self.own) + 1, dtype=torch.float64)[:, None]
        noise = _unit(self.own.double() - self.mean)
        steps += [base**powers * noise for base in BASES]
        return [(self.mean + self.spread * step).to(self.honest.dtype) for step in steps]


def _unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-300)


def fitting(
    attacks: Mapping[str, Attack], scene: Scene
) -> tuple[dict[str, Attack], dict[str, str]]:
    """The attacks that are about vectors, and why the others are not."""
    fit, left_out = {}, {}
    for name, attack in attacks.items():
        try:
            scene.forge(attack)
            fit[name] = attack
        except NotAboutVectors as reason:
            left_out[name] = str(reason)
    return fit, left_out
