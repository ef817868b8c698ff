"""Oracles: incidence by its definition, and the worst liars by trying all."""

from itertools import combinations

import numpy as np
import pytest


def _incidence(teams: np.ndarray, workers: int) -> np.ndarray:
    return np.array([[w in team for team in teams.tolist()] for w in range(workers)], dtype=int)


@pytest.fixture
def incidence():
    """(teams, K) -> [K, f] int: 1 where the worker holds the task."""
    return _incidence


@pytest.fixture
def shared():
    """(teams, K) -> set of how many tasks two workers share, over all pairs."""

    def find(teams: np.ndarray, workers: int) -> set[int]:
        held = _incidence(teams, workers)
        return set((held @ held.T)[np.triu_indices(workers, 1)].tolist())

    return find


@pytest.fixture
def most():
    """(teams, K, q, need) -> the most tasks in which any q workers are >= `need` holders."""

    def search(teams: np.ndarray, workers: int, byzantine: int, need: int) -> int:
        held = _incidence(teams, workers)
        liars = np.array(list(combinations(range(workers), byzantine)), dtype=int)
        return int((held[liars].sum(axis=1) >= need).sum(axis=1).max())

    return search
