"""What Byzantine workers send in the place of a gradient: the base class of all attacks."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.knowledge import Knowledge


class Attack(ABC):
    """Forges rows from what the attacker knows. Stateless.

    Colluders that forge the same task from the same knowledge send identical bits: each row
    depends on its own task and on what all colluders share, not on the other tasks forged with
    it, so it does not matter which rank forges what.

    source: the publication.
    needs: the least knowledge, of `KNOWLEDGE`, that the attack works with.
    needs_known: the number of gradients it must know at least; 0: it does not read
        `Knowledge.known`, and nothing is recomputed for it.
    collusive: False: each Byzantine worker forges alone, knowing its own tasks.
    poisons: True: it reads `Knowledge.poisoned`, so that the data must have classes.
    """

    source: ClassVar[str]
    needs: ClassVar[str] = "own"
    needs_known: ClassVar[int] = 0
    collusive: ClassVar[bool] = True
    poisons: ClassVar[bool] = False

    @property
    def memory(self) -> int:
        """Steps back that it reads `Knowledge.earlier`; 1 if it reads `Knowledge.previous`."""
        return 0

    @abstractmethod
    def forge(self, knowledge: Knowledge) -> Tensor:
        """[m, D] float, finite or not: the rows that are committed to, one for each task."""

    def deliver(self, rows: Tensor) -> Tensor:
        """What is sent, [m, b], when blocks [m, b] of committed rows are asked for."""
        return rows
