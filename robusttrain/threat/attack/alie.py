"""A little is enough: sends the mean of the known gradients, some deviations off."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge
from robusttrain.values import check_finite


@dataclass(frozen=True)
class Alie(Attack):
    """row = mu - z * sigma, coordinate by coordinate, over the gradients the attacker knows.

    mu, sigma: mean and population deviation of each coordinate.
    z: any finite number; None: the published value, with K workers of which q are Byzantine,

        s = floor(K/2 + 1) - q,   z = Phi^-1((K - q - s) / (K - q)).

    Aspis's code uses mu + sigma: z = -1. Workers that know their own tasks only take mu and
    sigma over those, so their rows for one task differ.
    ValueError: z is not finite.
    """

    z: float | None
    source: ClassVar[str] = "Baruch, Baruch and Goldberg, A Little Is Enough (2019)"
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        if self.z is not None:
            check_finite("attack.z", self.z, use=1)

    def forge(self, knowledge: Knowledge) -> Tensor:
        z = published_z(knowledge.workers, knowledge.byzantine) if self.z is None else self.z
        mean = knowledge.known.mean(dim=0)
        spread = knowledge.known.std(dim=0, correction=0)
        return (mean - z * spread).expand_as(knowledge.honest)


def published_z(workers: int, byzantine: int) -> float:
    """The largest z at which a majority of workers is still farther out than the forged rows.

    workers: K. byzantine: q, 0 < q <= K. 0 where the formula has no finite positive value.
    """
    supporters = workers // 2 + 1 - byzantine
    honest = workers - byzantine
    if not 0 < supporters < honest:
        return 0.0
    return NormalDist().inv_cdf((honest - supporters) / honest)
