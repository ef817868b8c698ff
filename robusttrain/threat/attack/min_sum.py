"""Min-Sum: sends a row with no larger sum of squared distances than an honest gradient has."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.ops.gram import centred_gram, squared_distances
from robusttrain.threat.perturbation import Perturbation


@dataclass(frozen=True)
class MinSum(Perturbation):
    """row = mu - gamma * p, gamma the largest: sum_i |row - g_i|^2 <= max_i sum_j |g_i - g_j|^2.

    g_i: the gradients that the attacker knows of spared tasks; mu: their mean.
    direction: what p is: `unit`, mu / |mu|; `sign`, sign(mu); `std`, the standard deviation of
        each coordinate.

    The left side is sum_i |mu - g_i|^2 + n gamma^2 |p|^2, so gamma has a closed form. Some
    published code has min_i on the right: a weaker attack, not the paper's.
    """

    source: ClassVar[str] = "Shejwalkar and Houmansadr, Manipulating the Byzantine (2021): Min-Sum"

    def gamma(self, rows: Tensor, mean: Tensor, away: Tensor, length: float) -> float:
        gram = centred_gram([rows], centre=mean)
        slack = float(squared_distances(gram).sum(dim=1).max() - gram.trace())
        return float((max(slack, 0.0) / (len(rows) * length)) ** 0.5)
