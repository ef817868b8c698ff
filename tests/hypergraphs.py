"""Helpers that tests import: small hypergraphs, and their worst liars by brute force."""

from itertools import combinations

import numpy as np


def hypergraph(seed: int) -> tuple[np.ndarray, int, int, int]:
    """(teams, workers, q, need), any sizes up to 8 workers and 14 tasks."""
    rng = np.random.default_rng(seed)
    workers = int(rng.integers(2, 9))
    r, tasks = int(rng.integers(1, min(workers, 5) + 1)), int(rng.integers(1, 15))
    teams = np.array([np.sort(rng.permutation(workers)[:r]) for _ in range(tasks)])
    return teams, workers, int(rng.integers(0, workers + 1)), int(rng.integers(1, r + 1))


def won(teams: np.ndarray, liars, need: int) -> int:
    return sum(len(set(team) & set(liars)) >= need for team in teams.tolist())


def brute(teams: np.ndarray, workers: int, q: int, need: int) -> int:
    return max(won(teams, liars, need) for liars in combinations(range(workers), q))
