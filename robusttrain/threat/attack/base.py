"""What Byzantine workers send in the place of a gradient."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from robusttrain.rng import stream

KNOWLEDGE = ("own", "colluders", "omniscient")
COLUMNS = 8192

Poison = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All that the attacker sees when it forges: truth only, never a forged row.

    honest [m, D]: the true gradients of the m `tasks` [m] int to forge; known [n, D]: the true
    gradients of all tasks that its knowledge reaches (its own, its colluders', or all:
    then `omniscient`), in the order of the tasks; spared [n] bool: which of those tasks no liar
    lies about. forged: how many tasks are lied about, copies that do not count aside.
    workers: K; byzantine: how many of them lie. worker: who forges, for attacks that act
    worker by worker, else None.

    previous [D]: how far the parameters moved in the last step, against the direction that
    was applied times the learning rate; None at first, or if the attack has no `memory`.
    earlier(steps) -> [m, D]: the true gradients that the tasks of the same index (modulo their
    number then) had so many steps ago, None before the run; at most `memory` steps back.
    poisoned(poison) -> [m, D]: the gradients of the tasks if their labels were poison(labels,
    classes).
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
        """The known gradients of spared tasks; all that are known if fewer than two are."""
        if self.spared.all() or self.spared.sum() < 2:
            return self.known
        return self.known[torch.from_numpy(self.spared).to(self.known.device)]

    def streams(self, purpose: str) -> list[np.random.Generator]:
        """Randomness for each task to forge, the same wherever it is forged.

        Colluders share it; attacks that act worker by worker have their own each.
        """
        who = () if self.worker is None else (self.worker,)
        return [stream(self.seed, "attack", purpose, self.step, t, *who) for t in self.tasks]


class Attack(ABC):
    """Colluders who forge the same task from the same view send identical bits.

    An attack is stateless: its rows depend on the view alone, each row on its own task and on
    what all colluders share, so it does not matter which rank forges what.

    source: who published it. needs: the least knowledge, of `KNOWLEDGE`, that it makes
    sense with. needs_known: how many gradients it must know at least; 0: it does not read
    `View.known`, and nothing is recomputed for it. collusive: if not, each liar forges alone,
    knowing its own tasks. speaks: if not, the liar commits to nothing in a step in which it
    would lie about anything.
    """

    source: ClassVar[str]
    needs: ClassVar[str] = "own"
    needs_known: ClassVar[int] = 0
    collusive: ClassVar[bool] = True
    speaks: ClassVar[bool] = True

    @property
    def memory(self) -> int:
        """How many steps back it reads `View.earlier`, or 1 for `View.previous`."""
        return 0

    @property
    def wait(self) -> float:
        """Seconds that a rank holds its commitments back in a step in which it lies."""
        return 0.0

    @abstractmethod
    def forge(self, knowledge: Knowledge) -> Tensor:
        """The rows that are committed to: [m, D], finite or not."""

    def deliver(self, rows: Tensor) -> Tensor:
        """What is sent when a committed row (or blocks of it, [m, b]) is asked for."""
        return rows


def check_finite(key: str, value: Any, use: float) -> None:
    """Raise ValueError unless the argument is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key}={value} must be a finite number; use {use}")


def check_whole(key: str, value: Any, least: int, use: str) -> None:
    """Raise ValueError unless the argument is a whole number >= least."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{key}={value} must be a whole number >= {least}; use {use}")


def gram(rows: Tensor, centre: Tensor) -> Tensor:
    """[n, n] float64, on the CPU: the inner products of the rows less `centre` [D]."""
    found = rows.new_zeros(len(rows), len(rows), dtype=torch.float64)
    for part, middle in zip(rows.split(COLUMNS, dim=1), centre.split(COLUMNS), strict=True):
        apart = part.double() - middle.double()
        found.addmm_(apart, apart.T)
    return found.cpu()


def along(rows: Tensor, centre: Tensor, direction: Tensor) -> Tensor:
    """[n] float64, on the CPU: the inner products of the rows less `centre` with `direction`."""
    found = rows.new_zeros(len(rows), dtype=torch.float64)
    pieces = (rows.split(COLUMNS, dim=1), centre.split(COLUMNS), direction.split(COLUMNS))
    for part, middle, way in zip(*pieces, strict=True):
        found += (part.double() - middle.double()) @ way.double()
    return found.cpu()


def distances(products: Tensor) -> Tensor:
    """[n, n]: the squared distances of vectors with these inner products, exactly 0 to itself."""
    squares = products.diagonal()
    found = (squares[:, None] + squares - 2 * products).clamp_min(0.0)
    return found.fill_diagonal_(0.0)
