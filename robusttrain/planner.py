"""The plan of each step, derived on every rank from the configuration alone."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robusttrain.core.rng import stream
from robusttrain.core.types import Plan


@dataclass(frozen=True, eq=False)
class Planner:
    """Shuffles the training set afresh every epoch and cuts each batch into tasks.

    holders [K, f] bool; batch: B samples a step, a multiple of f; samples: N >= B. Task i of
    a batch is its samples i*B/f ... (i+1)*B/f - 1. The N mod B samples left over at the end
    of an epoch are skipped.
    """

    holders: np.ndarray
    batch: int
    samples: int
    seed: int

    def __call__(self, step: int) -> Plan:
        epoch, slot = divmod(step, self.samples // self.batch)
        order = shuffled(self.seed, epoch, self.samples)
        drawn = order[slot * self.batch : (slot + 1) * self.batch]
        tasks = self.holders.shape[1]
        seeds = np.asarray(stream(self.seed, "task", step).integers(2**62, size=tasks))
        return Plan(step, drawn.reshape(tasks, -1), seeds, self.holders)


@lru_cache(maxsize=2)
def shuffled(seed: int, epoch: int, samples: int) -> np.ndarray:
    order = stream(seed, "batch", epoch).permutation(samples)
    order.setflags(write=False)
    return order
