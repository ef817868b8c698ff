"""Targets tasks so that only the same few honest workers disagree: optimal against Aspis."""

from dataclasses import dataclass

import numpy as np

from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class Disagreement(Target):
    """A task is forged iff all its honest holders are in D, a fixed set of honest workers.

    D: the `size` lowest honest workers that hold a task.
    size: >= 0 (ValueError); None: q, the number of Byzantine workers that hold a task.

    With |D| = q the agreement graph has two maximum cliques: the Byzantine workers with the
    honest ones outside D, and all honest workers. C(2q, r)/2 tasks are lost (ATT-2 on Aspis,
    2021).
    """

    size: int | None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 0:
            raise ValueError(f"target.size={self.size} must be >= 0; use null for q")

    def tasks(self, teams: np.ndarray, byzantine: np.ndarray) -> np.ndarray:
        busy = np.bincount(teams.ravel(), minlength=len(byzantine)) > 0
        size = int((byzantine & busy).sum()) if self.size is None else self.size
        outside = np.zeros_like(byzantine)
        outside[np.flatnonzero(~byzantine & busy)[size:]] = True
        return np.asarray(~outside[teams].any(axis=1))
