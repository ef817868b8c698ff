"""What an attacker knows when it forges, and the levels of knowledge that a threat may grant."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.rng import stream

KNOWLEDGE = ("own", "colluders", "omniscient")

Poison = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What an attacker knows when it forges. True gradients only, never a forged row.

    honest: [m, D] float. Gradients of the tasks to forge, in the order of `tasks`.
    tasks: [m] int64. Their indices in the plan.
    known: [n, D] float. Gradients of all tasks within its knowledge (its own, its colluders'
        or all), ascending by task; n = 0 where the attack does not read them.
    spared: [n] bool. Tasks among `known` that no Byzantine worker forges.
    omniscient: whether the threat grants knowledge of all tasks.
    forged: number of tasks of the step that are forged, shadow copies not counted.
    workers: K, number of logical workers.
    byzantine: q, number of those that are Byzantine.
    step, seed: the step, from 0, and the seed of the run, which name the random streams.
    worker: the worker that forges, for attacks that act worker by worker; else None.
    previous: [D] float or None. Parameters of the last step less those of this one, which is
        the applied direction times the learning rate; None at step 0, and for an attack
        without `memory`.
    earlier: earlier(steps) -> [m, D] float or None. True gradients, so many steps ago, of the
        tasks of the same indices (modulo the number of tasks then); None before the run.
        1 <= steps <= the attack's `memory`.
    poisoned: poisoned(poison) -> [m, D] float. Gradients of `tasks` if their labels were
        poison(labels [s] int64, number of classes) -> [s] int64.
    """

    honest: Tensor
    tasks: np.ndarray
    known: Tensor
    spared: np.ndarray
    omniscient: bool
    forged: int
    workers: int
    byzantine: int
    step: int
    seed: int
    worker: int | None
    previous: Tensor | None
    earlier: Callable[[int], Tensor | None]
    poisoned: Callable[[Poison], Tensor]

    @property
    def benign(self) -> Tensor:
        """[k, D] float: the known gradients of spared tasks; all of `known` if k would be < 2."""
        if self.spared.all() or self.spared.sum() < 2:
            return self.known
        return self.known[torch.from_numpy(self.spared).to(self.known.device)]

    def streams(self, purpose: str) -> list[np.random.Generator]:
        """A random generator for each of `tasks`, the same on every rank that forges the task.

        Colluders share it; where `worker` is set, each worker has its own.
        """
        worker = () if self.worker is None else (self.worker,)
        return [stream(self.seed, "attack", purpose, self.step, t, *worker) for t in self.tasks]
