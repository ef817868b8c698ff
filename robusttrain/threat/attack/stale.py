"""Sends the true gradient of some steps ago."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Stale(Attack):
    """row of task i = the gradient that task i had `delay` steps ago, bit for bit.

    delay: >= 1 steps (ValueError). In the first `delay` steps the row is the true gradient.

    Of that step's parameters and samples. The rank keeps the parameters of so many steps and
    computes the row anew, so colluders on all ranks agree, whatever tasks they held then.
    """

    delay: int
    source: ClassVar[str] = (
        "Allen-Zhu, Ebrahimian, Li and Alistarh, Byzantine-Resilient Non-Convex SGD (2021)"
    )

    def __post_init__(self) -> None:
        check_whole("attack.delay", self.delay, 1, use="10")

    @property
    def memory(self) -> int:
        return self.delay

    def forge(self, knowledge: Knowledge) -> Tensor:
        old = knowledge.earlier(self.delay)
        return knowledge.honest.clone() if old is None else old
