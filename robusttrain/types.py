"""Plan, Claims, Hearing, Verdict, Sources: integer tables that the stages hand to each other.

Free of models, tensors and process groups.

Legend: K workers, f tasks, r copies of each, s samples a task. Workers are numbered 0..K-1,
tasks 0..f-1; slot j of a task is its j-th holder.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np

SILENT = -2
NOBODY = -1
DROPPED = -1
NOT_FINITE = -0.0  # every coordinate of a row that stands for a gradient with NaN or Inf in it


@dataclass(frozen=True, eq=False)
class Plan:
    """Who computes what in one step; every rank derives it from configuration and membership.

    step: int.
    workers: int. K, of which some may hold nothing.
    samples: [f, s] int. Indices into the training set.
    seeds: [f] int. The seed of each task's augmentation.
    teams: [f, r] int. The holders of each task, ascending.
    shadows: [n, 2] int. (worker, task) of copies that workers on probation compute beside the
        teams, and that never count.
    evicted: set of int. Workers that are out for having lied, on probation or not.

    >>> import numpy as np
    >>> plan = Plan(0, 3, np.zeros((2, 1)), np.zeros(2), teams=np.array([[0, 1], [0, 2]]))
    >>> [tasks.tolist() for tasks in plan.holdings]
    [[0, 1], [0], [1]]
    """

    step: int
    workers: int
    samples: np.ndarray
    seeds: np.ndarray
    teams: np.ndarray
    shadows: np.ndarray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    evicted: frozenset[int] = frozenset()

    @property
    def tasks(self) -> int:
        """f."""
        return len(self.teams)

    @cached_property
    def holdings(self) -> list[np.ndarray]:
        """The tasks that each worker computes, ascending, its shadows included."""
        copies = np.repeat(np.arange(self.tasks), self.teams.shape[1])
        workers = np.concatenate([self.teams.ravel(), self.shadows[:, 0]])
        tasks = np.concatenate([copies, self.shadows[:, 1]])
        order = np.lexsort((tasks, workers))
        edges = np.searchsorted(workers[order], np.arange(1, self.workers))
        return np.split(tasks[order], edges)

    def held(self, workers: Iterable[int]) -> np.ndarray:
        """The tasks that at least one of `workers` computes, ascending."""
        held = [self.holdings[w] for w in workers]
        return np.unique(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)


def sole_holders(teams: np.ndarray) -> np.ndarray | None:
    """[n] int: the holder of each task, from teams [n, r].

    None where a task has several holders, or a worker several tasks.
    """
    single = teams.shape[1] == 1 and len(np.unique(teams)) == len(teams)
    return teams[:, 0] if single else None


@dataclass(frozen=True, eq=False)
class Claims:
    """What the workers said, reduced to who agrees with whom.

    plan: Plan.
    classes: [f, r] int. Two slots of a task have the same class iff they said the same: the first
        slot that said so, or `SILENT` where nothing came.
    shadows: [n] int. The class that each shadow copy belongs to, `NOBODY` if no slot said the
        same, `SILENT` where nothing came.
    """

    plan: Plan
    classes: np.ndarray
    shadows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @cached_property
    def speakers(self) -> np.ndarray:
        """[K] bool: the workers that said anything."""
        mask = np.zeros(self.plan.workers, dtype=bool)
        mask[self.plan.teams[self.classes >= 0]] = True
        mask[self.plan.shadows[self.shadows != SILENT, 0]] = True
        return mask

    @cached_property
    def disagreements(self) -> np.ndarray:
        """[K, K] bool, symmetric: the pairs that were seen to differ on a task both hold."""
        graph = np.zeros((self.plan.workers, self.plan.workers), dtype=bool)
        teams, classes = self.plan.teams, self.classes
        for i, j in combinations(range(teams.shape[1]), 2):
            differ = (classes[:, i] != classes[:, j]) & (classes[:, i] >= 0) & (classes[:, j] >= 0)
            graph[teams[differ, i], teams[differ, j]] = True
        return graph | graph.T

    def without(self, workers: Iterable[int]) -> "Claims":
        """The claims with those of `workers` unheard."""
        unheard = np.zeros(self.plan.workers, dtype=bool)
        unheard[list(workers)] = True
        return replace(self, classes=np.where(unheard[self.plan.teams], SILENT, self.classes))


@dataclass(frozen=True, eq=False)
class Hearing:
    """All that a detector may go by in one step.

    plan: Plan.
    claims: Claims about it.
    byzantine: int. q, the liars assumed among the workers that are not evicted.
    recompute: tasks [n] int -> [n] int, the class that the truth belongs to in each of them,
        `NOBODY` if no slot said it. The server or a trusted rank computes those gradients anew,
        at the cost of as many tasks.
    rng: the server's own generator.
    """

    plan: Plan
    claims: Claims
    byzantine: int
    recompute: Callable[[np.ndarray], np.ndarray]
    rng: np.random.Generator


@dataclass(frozen=True)
class Verdict:
    """Whom the server believes in this step.

    workers: int. K.
    convicted: worker -> reason, for those proved to have lied; not trusted.
    absent: worker -> reason, for those that cannot be heard; not trusted.
    overwhelmed: bool. More workers lied than were assumed, so the detector convicted nobody on
        that assumption.
    audited: tasks that were recomputed, in order.
    note: str. What an operator should know.
    """

    workers: int
    convicted: Mapping[int, str] = field(default_factory=dict)
    absent: Mapping[int, str] = field(default_factory=dict)
    overwhelmed: bool = False
    audited: tuple[int, ...] = ()
    note: str = ""

    @property
    def trusted(self) -> np.ndarray:
        """[K] bool: neither convicted nor absent."""
        mask = np.ones(self.workers, dtype=bool)
        mask[[*self.convicted, *self.absent]] = False
        return mask

    def after(self, event: "CommitmentBroken") -> "Verdict":
        """The verdict, and the workers that broke their commitment while rows were pulled."""
        assert self.trusted[[*event.liars, *event.absent]].any(), f"nobody new in {event}"
        return replace(
            self,
            convicted={**event.liars, **self.convicted},
            absent={**event.absent, **self.absent},
        )


@dataclass(frozen=True, eq=False)
class Sources:
    """From whom each task is pulled.

    workers: [f] int. A holder of the task, or `DROPPED`.
    """

    workers: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """The tasks that are pulled, ascending."""
        return np.flatnonzero(self.workers != DROPPED)


class CommitmentBroken(Exception):
    """Raised while rows are pulled: a worker did not send what it had committed to.

    liars: worker -> reason, for those whose rows do not match their commitment.
    absent: worker -> reason, for those that sent nothing.
    """

    def __init__(self, liars: Mapping[int, str], absent: Mapping[int, str]) -> None:
        super().__init__(f"caught {dict(liars)}, missing {dict(absent)}")
        self.liars = liars
        self.absent = absent
