"""The optimal attack on Aspis: disagree with the same few honest workers only."""

from dataclasses import dataclass

import numpy as np

from robusttrain.threat.target.base import Target


@dataclass(frozen=True)
class Disagreement(Target):
    """A task is distorted iff all its honest holders lie in D, a fixed set of honest workers.

    D is the `size` lowest honest workers that hold anything; None: as many as there are liars
    that do, q. Then liars and the honest outside D look exactly like the honest: with |D| = q
    the agreement graph has two maximum cliques, and C(2q, r)/2 tasks are lost (ATT-2 on
    Aspis, 2021). size >= 0.
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
