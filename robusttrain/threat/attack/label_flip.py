"""Sends the gradient of its samples with flipped labels."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from robusttrain.threat.attack.base import Attack
from robusttrain.threat.knowledge import Knowledge


@dataclass(frozen=True)
class LabelFlip(Attack):
    """row = the gradient of the task with each label y replaced by C - 1 - y, of C classes.

    The middle one of an odd number of classes keeps its label.
    """

    source: ClassVar[str] = (
        "Yin, Chen, Ramchandran and Bartlett, Byzantine-Robust Distributed Learning (2018)"
    )

    poisons: ClassVar[bool] = True

    def forge(self, knowledge: Knowledge) -> Tensor:
        return knowledge.poisoned(self.poison)

    @staticmethod
    def poison(labels: Tensor, classes: int) -> Tensor:
        """The flipped labels [s] int64 of labels [s] int64 in 0..classes-1."""
        return classes - 1 - labels
