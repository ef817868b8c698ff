"""Min-Max: sends a row no farther from any honest gradient than two of those are apart."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.ops.gram import along, centred_gram, squared_distances
from robusttrain.threat.perturbation import Perturbation


@dataclass(frozen=True)
class MinMax(Perturbation):
    """row = mu - gamma * p, gamma the largest with max_i |row - g_i| <= max_ij |g_i - g_j|.

    g_i: the gradients that the attacker knows of spared tasks; mu: their mean.
    direction: what p is: `unit`, mu / |mu|; `sign`, sign(mu); `std`, the standard deviation of
        each coordinate.

    |mu - gamma p - g_i|^2 is quadratic in gamma, so gamma is the least of n roots, in closed
    form; the published code searches for it.
    """

    source: ClassVar[str] = "Shejwalkar and Houmansadr, Manipulating the Byzantine (2021): Min-Max"

    def gamma(self, rows: Tensor, mean: Tensor, away: Tensor, length: float) -> float:
        gram = centred_gram([rows], centre=mean)
        slack = (squared_distances(gram).max() - gram.diagonal()).clamp_min(0.0)
        towards = -along(rows, mean, away)
        return float(((towards + (towards.square() + length * slack).sqrt()) / length).min())
