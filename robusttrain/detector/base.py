"""Who must have lied, given who agrees with whom."""

from abc import ABC, abstractmethod
from typing import ClassVar

from robusttrain.core.types import Claims, Plan, Verdict


class Detector(ABC):
    """Reads claims, never rows, and never knows who is Byzantine.

    complete: whether it convicts everyone who, on the evidence, must have lied.
    """

    complete: ClassVar[bool] = False

    @abstractmethod
    def inspect(self, plan: Plan, claims: Claims) -> Verdict:
        """The verdict of this step; silent workers are absent in it, not convicted."""


def unheard(plan: Plan, claims: Claims) -> dict[int, str]:
    """The workers that hold a task and said nothing."""
    mute = plan.holders.any(axis=1) & ~claims.speakers
    return {int(w): "silent" for w in mute.nonzero()[0]}
