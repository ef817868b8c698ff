"""Min-Sum: as far out, all distances added up, as the most remote honest gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack, Knowledge, distances, gram
from robusttrain.threat.attack.min_max import check_direction, perturbation


@dataclass(frozen=True)
class MinSum(Attack):
    """row = mu - gamma * p, gamma the largest: sum_i |row - g_i|^2 <= max_i sum_j |g_i - g_j|^2.

    g_i, mu and p (direction: `unit`, `sign` or `std`) are as in `min_max`. The left side is
    sum_i |mu - g_i|^2 + n gamma^2 |p|^2, so gamma has a closed form. Some published code has
    min_i on the right: a weaker attack, not the paper's.
    """

    direction: str
    source: ClassVar[str] = "Shejwalkar and Houmansadr, Manipulating the Byzantine (2021): Min-Sum"
    needs_known: ClassVar[int] = 2

    def __post_init__(self) -> None:
        check_direction(self.direction)

    def forge(self, knowledge: Knowledge) -> Tensor:
        rows = knowledge.benign
        mean = rows.mean(dim=0)
        away = perturbation(rows, mean, self.direction)
        products = gram(rows, mean)
        length = float(away.double().square().sum())
        if length == 0:
            return mean.expand_as(knowledge.honest)
        slack = float(distances(products).sum(dim=1).max() - products.trace())
        gamma = (max(slack, 0.0) / (len(rows) * length)) ** 0.5
        return (mean - gamma * away).expand_as(knowledge.honest)
