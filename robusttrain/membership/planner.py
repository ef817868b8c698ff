"""The plan of each step, derived on every rank from the configuration and the membership."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from robusttrain.certificate.scheme import Scheme, scheme
from robusttrain.rng import stream
from robusttrain.types import Plan

MEMBER, EVICTED, PROBATION = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Planner:
    """Shuffles the training set afresh every epoch and cuts each batch into tasks.

    The samples that the server keeps for itself are left out of it.

    Task i is samples i*s ... (i+1)*s - 1 of the batch, s = B/f rounded down: a scheme for fewer
    workers, whose f does not divide B, leaves the rest of a batch out. The N mod B samples left
    over at the end of an epoch are skipped.

    start: the scheme of all K workers.
    batch: B, int. Samples a step, a multiple of the tasks of `start`.
    samples: int >= B + root_samples. Size of the training set; N of them are drawn from.
    seed: int. Names the streams of all draws.
    permute: bool. Relabel the members afresh at every step.
    shadows: int. Copies a step for each worker on probation.
    root_samples: int. How many samples the server keeps for itself.
    in_turn: bool. Batch t is samples tB .. (t+1)B - 1, in an order drawn for it; no epochs, and
        no root_samples.
    """

    start: Scheme
    batch: int
    samples: int
    seed: int
    permute: bool = False
    shadows: int = 0
    root_samples: int = 0
    in_turn: bool = False

    def __call__(self, step: int, status: np.ndarray | None = None) -> Plan:
        """The plan of `step`; status [K]: MEMBER, EVICTED or PROBATION, None if all are members."""
        workers = self.start.workers
        status = np.full(workers, MEMBER) if status is None else status
        teams = self.scheme(status).teams
        if self.permute:
            members = np.flatnonzero(status == MEMBER)
            relabel = np.arange(workers)
            relabel[members] = stream(self.seed, "permute", step).permutation(members)
            teams = np.sort(relabel[teams], axis=1)
        tasks = len(teams)
        left = self.batch if self.in_turn else self.samples - self.root_samples
        epoch, slot = divmod(step, left // self.batch)
        order = shuffled(self.seed, epoch, left)
        drawn = order[slot * self.batch :][: self.batch // tasks * tasks]
        if self.root_samples:
            drawn = np.delete(np.arange(self.samples), self.root)[drawn]
        elif self.in_turn:
            drawn = drawn + step * self.batch
        seeds = np.asarray(stream(self.seed, "task", step).integers(2**62, size=tasks))
        return Plan(
            step, workers, drawn.reshape(tasks, -1), seeds, teams,
            self._shadows(step, np.flatnonzero(status == PROBATION), tasks),
            frozenset(np.flatnonzero(status != MEMBER).tolist()),
        )  # fmt: skip

    @cached_property
    def root(self) -> np.ndarray:
        """[root_samples] int, ascending: the samples that the server keeps for itself."""
        drawn = stream(self.seed, "root").choice(self.samples, self.root_samples, replace=False)
        return np.sort(drawn)

    def scheme(self, status: np.ndarray) -> Scheme:
        """Who holds what where `status` [K] says who is a member."""
        out = tuple(np.flatnonzero(status != MEMBER).tolist())
        return scheme(self.start, out, self.batch)

    def _shadows(self, step: int, workers: np.ndarray, tasks: int) -> np.ndarray:
        count = min(self.shadows, tasks)
        rng = stream(self.seed, "shadows", step)
        drawn = [np.sort(rng.choice(tasks, size=count, replace=False)) for _ in workers]
        copies = [
            np.stack([np.full(count, w), t], axis=1) for w, t in zip(workers, drawn, strict=True)
        ]
        return np.concatenate(copies) if copies else np.empty((0, 2), dtype=np.int64)


@lru_cache(maxsize=2)
def shuffled(seed: int, epoch: int, samples: int) -> np.ndarray:
    order = stream(seed, "batch", epoch).permutation(samples)
    order.setflags(write=False)
    return order
