"""Agreements: how copies of a task are compared, by what a worker commits to before it sends."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from robusttrain.types import NOBODY, SILENT, Claims, Plan


class Agreement(ABC):
    """A two-level tree: the root commits to the leaves, a leaf to the bytes of one block.

    A block can therefore be checked alone.

    width: int, bytes of a leaf and of a root.
    probes: bool, whether sums are checked afterwards, in steps that are drawn, in place of copies.
    """

    width: ClassVar[int]
    probes: ClassVar[bool] = False

    @abstractmethod
    def leaf(self, block: memoryview) -> bytes:
        """The leaf of a block's bytes."""

    @abstractmethod
    def root(self, leaves: bytes) -> bytes:
        """The root of a row's leaves, concatenated in order."""


@dataclass(frozen=True, eq=False)
class Commitments:
    """The roots that came, by task and slot.

    plan: Plan with f tasks of r copies and n shadow copies.
    roots: [f, r, width] uint8. Zeros where nothing came.
    heard: [f, r] bool. Where something came.
    shadow_roots: [n, width] uint8. Those of the shadow copies.
    shadow_heard: [n] bool.
    """

    plan: Plan
    roots: np.ndarray
    heard: np.ndarray
    shadow_roots: np.ndarray
    shadow_heard: np.ndarray

    @classmethod
    def of(cls, plan: Plan, said: Mapping[int, np.ndarray], width: int) -> "Commitments":
        """From worker -> [tasks it holds, width] uint8, in the order of the tasks.

        A worker that is missing is silent, and of a task for which it sends zeros, too.
        """
        roots = np.zeros((*plan.teams.shape, width), dtype=np.uint8)
        heard = np.zeros(plan.teams.shape, dtype=bool)
        shadow_roots = np.zeros((len(plan.shadows), width), dtype=np.uint8)
        shadow_heard = np.zeros(len(plan.shadows), dtype=bool)
        for worker, rows in said.items():
            tasks, spoken = plan.holdings[worker], np.full(len(rows), width == 0)
            spoken |= rows.any(axis=1)
            counted, slots = np.nonzero(plan.teams[tasks] == worker)
            roots[tasks[counted], slots] = rows[counted]
            heard[tasks[counted], slots] = spoken[counted]
            for place in np.flatnonzero(plan.shadows[:, 0] == worker):
                row = tasks.searchsorted(plan.shadows[place, 1])
                shadow_roots[place], shadow_heard[place] = rows[row], spoken[row]
        return cls(plan, roots, heard, shadow_roots, shadow_heard)

    def claims(self) -> Claims:
        """Slots of a task have the same class iff they committed to the same root."""
        classes = np.full(self.heard.shape, SILENT)
        for slot in range(self.heard.shape[1]):
            first = self.match(np.arange(self.plan.tasks), self.roots[:, slot])
            classes[:, slot] = np.where(self.heard[:, slot], first, SILENT)
        shadows = self.match(self.plan.shadows[:, 1], self.shadow_roots)
        return Claims(self.plan, classes, np.where(self.shadow_heard, shadows, SILENT))

    def match(self, tasks: np.ndarray, roots: np.ndarray) -> np.ndarray:
        """[n] int: the first slot of each task that committed to its root [n, width], or NOBODY."""
        same = (self.roots[tasks] == roots[:, None]).all(axis=2) & self.heard[tasks]
        return np.where(same.any(axis=1), same.argmax(axis=1), NOBODY)

    def root(self, worker: int, task: int) -> bytes:
        """The root [width bytes] that a holder of the task committed to."""
        return self.roots[task, self.plan.teams[task] == worker].tobytes()
