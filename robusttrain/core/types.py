"""The integer tables that carry the reasoning, free of models, tensors and process groups.

Legend: K workers, f tasks, s samples a task. Workers are numbered 0..K-1, tasks 0..f-1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

NOT_HELD = -1
SILENT = -2
DROPPED = -1


@dataclass(frozen=True, eq=False)
class Plan:
    """Who computes what in one step; every rank derives the same plan from the configuration.

    samples [f, s] int: indices into the training set; seeds [f] int: the seed of each
    task's augmentation; holders [K, f] bool: worker u holds task t.
    """

    step: int
    samples: np.ndarray
    seeds: np.ndarray
    holders: np.ndarray

    @property
    def workers(self) -> int:
        return self.holders.shape[0]

    @property
    def tasks(self) -> int:
        return self.holders.shape[1]

    def held(self, workers: Iterable[int]) -> np.ndarray:
        """The tasks that at least one of `workers` holds, ascending."""
        return np.flatnonzero(self.holders[list(workers)].any(axis=0))


@dataclass(frozen=True, eq=False)
class Claims:
    """What the workers said, reduced to who agrees with whom.

    classes [K, f] int: two holders of a task have the same class >= 0 iff they said the
    same of it; `NOT_HELD` and `SILENT` mark the copies that do not exist and those that
    never came.
    """

    classes: np.ndarray

    @property
    def speakers(self) -> np.ndarray:
        """[K] bool: the workers that said anything."""
        return np.asarray((self.classes >= 0).any(axis=1))

    def disagreements(self) -> np.ndarray:
        """[K, K] bool, symmetric: the pairs that were seen to differ on a task both hold."""
        spoke = self.classes >= 0
        differ = np.zeros((len(spoke), len(spoke)), dtype=bool)
        for u, row in enumerate(self.classes):
            differ[u] = np.any((self.classes != row) & spoke & spoke[u], axis=1)
        return differ


@dataclass(frozen=True)
class Verdict:
    """Whom the server believes in this step.

    convicted: worker -> reason, for those proved to have lied; absent: worker -> reason, for
    those that cannot be heard. Neither is trusted. overwhelmed: more workers lied than
    were assumed, so the detector convicted nobody.
    """

    workers: int
    convicted: Mapping[int, str] = field(default_factory=dict)
    absent: Mapping[int, str] = field(default_factory=dict)
    overwhelmed: bool = False

    @property
    def trusted(self) -> np.ndarray:
        """[K] bool."""
        mask = np.ones(self.workers, dtype=bool)
        mask[[*self.convicted, *self.absent]] = False
        return mask

    def after(self, event: "Caught") -> "Verdict":
        """The verdict with what came to light while rows were pulled."""
        assert self.trusted[[*event.liars, *event.absent]].any(), f"nobody new in {event}"
        return replace(
            self,
            convicted={**event.liars, **self.convicted},
            absent={**event.absent, **self.absent},
        )


@dataclass(frozen=True, eq=False)
class Sources:
    """workers [f] int: whom to pull each task from, or `DROPPED`."""

    workers: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """The tasks that are pulled, ascending."""
        return np.flatnonzero(self.workers != DROPPED)


class Caught(Exception):
    """Raised while rows are pulled: `liars` were caught in the act, `absent` went missing."""

    def __init__(self, liars: Mapping[int, str], absent: Mapping[int, str]) -> None:
        super().__init__(f"caught {dict(liars)}, missing {dict(absent)}")
        self.liars = liars
        self.absent = absent
