"""Ceilings on the tasks that q liars can win, proven without a search."""

from math import floor

import numpy as np


def incidence(teams: np.ndarray, workers: int) -> np.ndarray:
    """[f, K] bool: task t is held by worker w; teams: [f, r] int < K = workers."""
    held = np.zeros((len(teams), workers), dtype=bool)
    held[np.arange(len(teams))[:, None], teams] = True
    return held


def counting(teams: np.ndarray, workers: int, byzantine: int, need: int) -> int:
    """Copies bound: a task won costs `need` of the copies that the liars hold.

    n <= (sum of the q largest loads) / need. Valid for every assignment; 1 <= need <= r.
    """
    loads = np.bincount(teams.ravel(), minlength=workers)
    return min(len(teams), int(np.sort(loads)[workers - byzantine :].sum()) // need)


def energy(teams: np.ndarray, workers: int, byzantine: int) -> float | None:
    """The largest possible sum over tasks of |A n t|^2, A any q workers; None: not regular.

        |M x|^2 <= r l q^2 / K + s (q - q^2 / K)

    where x is the indicator of A, M [f, K] the incidence of tasks and workers, every worker
    holds l tasks, and s is the second largest eigenvalue of M'M (its first is r l, with
    the constant eigenvector).
    """
    load = np.bincount(teams.ravel(), minlength=workers)
    if workers < 2 or load.min() != load.max():
        return None
    held = incidence(teams, workers).astype(float)
    second = float(np.linalg.eigvalsh(held.T @ held)[-2])
    share = byzantine**2 / workers
    return teams.shape[1] * float(load[0]) * share + second * (byzantine - share)


def expansion(teams: np.ndarray, workers: int, byzantine: int, need: int) -> float | None:
    """ByzShield's bound from the number of tasks that q liars touch at least; None: no bound.

        n <= (q l - q^2 l^2 / E) / (need - 1),   E = `energy`,

    which for mols and ramanujan (K = r l, s = l) and odd r is
    gamma = (2 q^2 / r) / (1 + (r - 1) q / K). Needs equal loads and need >= 2.
    Source: Konstantinidis and Ramamoorthy, ByzShield (2021).
    """
    most = energy(teams, workers, byzantine)
    if most is None or need < 2 or byzantine == 0:
        return None
    held = byzantine * teams.size / workers
    return (held - held**2 / most) / (need - 1)


def spectral(teams: np.ndarray, workers: int, byzantine: int, need: int) -> int | None:
    """The most tasks that some integers c_t can win with the sum and sum of squares of |A n t|.

        max #{t: c_t >= need}   subject to   sum c_t = q l,  sum c_t^2 <= `energy`.

    Never above `expansion`, which follows from the same two constraints. None: loads differ.
    """
    most = energy(teams, workers, byzantine)
    if most is None:
        return None
    tasks = len(teams)
    held = byzantine * teams.size // workers
    for won in range(min(tasks, held // need), 0, -1):
        if _least(held - won * need, won, tasks, need) <= most + 1e-6:
            return won
    return 0


def _least(spare: int, won: int, tasks: int, need: int) -> float:
    """The least sum of squares with `won` values >= need, `tasks` values >= 0, sum fixed.

    The spare copies go one at a time where the square grows least: to the tasks that are
    not won until they reach `need`, then evenly to all.
    """
    others = tasks - won
    if spare <= others * need:
        low, extra = divmod(spare, others) if others else (0, 0)
        return won * need**2 + others * low**2 + extra * (2 * low + 1)
    low, extra = divmod(spare + won * need, tasks)
    return tasks * low**2 + extra * (2 * low + 1)


def ceiling(teams: np.ndarray, workers: int, byzantine: int, need: int) -> int:
    """The least of the bounds that apply."""
    bounds = [counting(teams, workers, byzantine, need)]
    tight = spectral(teams, workers, byzantine, need)
    gamma = expansion(teams, workers, byzantine, need)
    bounds += [tight] if tight is not None else []
    bounds += [floor(gamma + 1e-6)] if gamma is not None else []
    return min(bounds)
