"""The workers that can do the most harm to the assignment."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robusttrain.combinatorics.effort import RUN
from robusttrain.combinatorics.undetected import most_undetected
from robusttrain.combinatorics.worst_case import most_won
from robusttrain.threat.placement.base import Placement
from robusttrain.types import Plan


@dataclass(frozen=True)
class Worst(Placement):
    """The set found by the search that also makes the certificate, from the first step to the last.

    against: `votes`, the most tasks with a majority of liars; or `detection`, the most tasks
    that can be forged without being convicted by `cover`. Placed by the plan of the first
    step; where the search ends without proof, the best set found.
    """

    against: str

    def __post_init__(self) -> None:
        if self.against not in ("votes", "detection"):
            raise ValueError(f"placement.against={self.against} must be votes or detection")

    def choose(self, step: int, start: Plan, byzantine: int, seed: int) -> np.ndarray:
        shape, teams = start.teams.shape, start.teams.tobytes()
        return np.array(_worst(self.against, teams, shape, start.workers, byzantine), dtype=int)


@lru_cache(maxsize=8)
def _worst(
    against: str, data: bytes, shape: tuple[int, int], workers: int, byzantine: int
) -> tuple[int, ...]:
    teams = np.frombuffer(data, dtype=np.int64).reshape(shape)
    if against == "votes":
        return most_won(teams, workers, byzantine, shape[1] // 2 + 1, RUN).liars
    return most_undetected(teams, workers, byzantine, RUN).liars
