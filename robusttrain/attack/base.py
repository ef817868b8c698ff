"""What Byzantine workers send in the place of a gradient."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor


@dataclass(frozen=True, eq=False)
class View:
    """All that the attacker sees when it forges.

    honest [m, D]: the true gradients of the m tasks to forge; known [n, D]: the true
    gradients of all tasks that its knowledge reaches (its own, its colluders', or all).
    workers: K; byzantine: how many of them lie.
    """

    honest: Tensor
    known: Tensor
    workers: int
    byzantine: int


class Attack(ABC):
    """Colluders who forge the same task from the same view send identical bits.

    needs_known: the attack reads `View.known`; otherwise nothing is recomputed for it.
    """

    needs_known: ClassVar[bool] = False

    @abstractmethod
    def forge(self, view: View) -> Tensor:
        """The rows that are committed to: [m, D], finite or not."""

    def deliver(self, rows: Tensor) -> Tensor:
        """What is sent when a committed row (or blocks of it, [m, b]) is asked for."""
        return rows
