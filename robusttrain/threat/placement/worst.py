"""The Byzantine workers that harm the assignment most, by the search of the certificate."""

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
    """The set of workers that wins the most tasks, at every step; by the plan of step 0.

    against: what "wins" means: `votes`, a Byzantine majority of the holders; `detection`,
        forged without a conviction by `cover`. ValueError: another word.

    Where the search ends without a proof, the best set so far.
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
