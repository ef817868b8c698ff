"""Assignments: which workers hold which task."""

from abc import ABC, abstractmethod
from itertools import islice

import numpy as np

from robusttrain.combinatorics.worst_case import Worst
from robusttrain.names import name_of
from robusttrain.values import check_whole

MOST_TASKS = 10**6  # their teams are held in memory and searched


class Assignment(ABC):
    """K workers and f tasks, each task computed by the same number of workers, r.

    replication: r, the copies of each task; for even r a vote can tie, and the task is dropped.
    Raises ValueError unless r is a whole number >= 2.
    """

    replication: int

    def __post_init__(self) -> None:
        remedy = "3, or assignment=single, where no copies are compared"
        check_whole("assignment.replication", self.replication, 2, use=remedy)

    @abstractmethod
    def obstacle(self, workers: int) -> str | None:
        """Why there is none for K = `workers`, as half a sentence; None if there is one."""

    @abstractmethod
    def teams(self, workers: int) -> np.ndarray:
        """[f, r] int: the holders of each task, ascending. Raises ValueError as `check` does."""

    def check(self, workers: int, most: int | None = None) -> None:
        """Raise ValueError that says why there is none for this K, and names the nearest K.

        most: tasks that a scheme may have to be named; None: any number.
        """
        why = self.obstacle(workers)
        if why is None:
            return
        sizes = " or ".join(map(str, self.nearest(workers, most=most)))
        remedy = f"use workers={sizes}" if sizes else "use another assignment or replication"
        raise ValueError(
            f"assignment={name_of(self)} does not exist for workers={workers}, "
            f"assignment.replication={self.replication}: {why}; {remedy}"
        )

    def nearest(self, workers: int, reach: int = 200, most: int | None = None) -> list[int]:
        """The next smaller and the next larger K <= workers + reach for which the scheme exists.

        most: tasks that it may have; a K with more is left out. None: any number.
        """
        smaller = (k for k in range(workers - 1, 1, -1) if self.obstacle(k) is None)
        larger = (k for k in range(workers + 1, workers + reach + 1) if self.obstacle(k) is None)
        sizes = [*islice(smaller, 1), *islice(larger, 1)]
        return [k for k in sizes if most is None or len(self.teams(k)) <= most]

    def worst(self, workers: int, byzantine: int, need: int) -> Worst | None:
        """The q workers that win the most tasks, where a formula gives them; None: search.

        workers: K. byzantine: q, 0 <= q <= K. need: copies that win a task, 1 <= need <= r.
        """
        return None

    def undetected(self, workers: int, byzantine: int) -> Worst | None:
        """The same for majorities won without being convicted by `cover`; None: search.

        workers: K. byzantine: q, 0 <= q < K/2.
        """
        return None
