"""Commit to one row, send another."""

from dataclasses import dataclass

from torch import Tensor

from robusttrain.attack.base import Attack, View


@dataclass(frozen=True)
class Equivocate(Attack):
    """Commits to the honest gradient and delivers -scale times it. scale: any number but -1.

    No vote can see it, since all copies agree; the digest of each block can.
    """

    scale: float

    def __post_init__(self) -> None:
        if self.scale == -1:
            raise ValueError("attack.scale=-1 would send what was committed to; use 100")

    def forge(self, view: View) -> Tensor:
        return view.honest.clone()

    def deliver(self, rows: Tensor) -> Tensor:
        return -self.scale * rows
