"""Which workers hold which task."""

from abc import ABC, abstractmethod
from itertools import count

import numpy as np

from robusttrain.combinatorics.worst_case import Worst


class Assignment(ABC):
    """K workers and f tasks, each task computed by the same number of workers, r.

    replication: r, the copies of each task. For r = 2 and other even r a vote can tie; a tied
    task is dropped.
    """

    replication: int

    def __post_init__(self) -> None:
        if self.replication < 2:
            raise ValueError(
                f"assignment.replication={self.replication} must be >= 2, so that copies can be "
                "compared; use 3, or assignment=single for no redundancy"
            )

    @abstractmethod
    def obstacle(self, workers: int) -> str | None:
        """Why there is no such scheme for K = `workers`, as half a sentence; None if there is."""

    @abstractmethod
    def teams(self, workers: int) -> np.ndarray:
        """[f, r] int: the holders of each task, ascending. Raises ValueError as `check` does."""

    def check(self, workers: int) -> None:
        """Raise ValueError that says why there is none for this K, and names the nearest K."""
        why = self.obstacle(workers)
        if why is None:
            return
        near = self.nearest(workers)
        remedy = f"use workers={' or '.join(map(str, near))}" if near else "use assignment=subset"
        raise ValueError(
            f"assignment={type(self).__name__.lower()} does not exist for workers={workers}, "
            f"assignment.replication={self.replication}: {why}; {remedy}"
        )

    def nearest(self, workers: int, reach: int = 200) -> list[int]:
        """The next smaller and the next larger K for which the scheme exists."""
        down = next((k for k in range(workers - 1, 1, -1) if self.obstacle(k) is None), None)
        up = next(
            (k for k in count(workers + 1) if k > workers + reach or self.obstacle(k) is None), None
        )
        return [k for k in (down, up) if k is not None and k <= workers + reach]

    def worst(self, workers: int, byzantine: int, need: int) -> Worst | None:
        """The set of q workers with >= `need` members in the most tasks, where a formula gives it.

        None: not known in closed form; it has to be searched for.
        """
        return None

    def undetected(self, workers: int, byzantine: int) -> Worst | None:
        """The same for majorities won without being convicted by `cover`; None: not known."""
        return None
