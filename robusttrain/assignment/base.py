"""Which worker holds which task."""

from abc import ABC, abstractmethod

import numpy as np


class Assignment(ABC):
    """A bipartite graph of K workers and f tasks, the same at every step."""

    @abstractmethod
    def holders(self, workers: int) -> np.ndarray:
        """[K, f] bool: worker u holds task t. Raises ValueError if none exists for this K."""

    @abstractmethod
    def forgeable(self, workers: int, byzantine: int, compared: bool) -> int:
        """The most tasks whose vote q liars can win in one step, over all their strategies.

        byzantine: q, 0 <= q < K/2; compared: the server compares copies and convicts every
        worker that must have lied (otherwise it only votes).
        """
