"""Lower bound on the rows that are pulled from an honest worker, whatever liars do."""

import numpy as np


def sure_vectors(teams: np.ndarray, byzantine: int) -> int:
    """How many rows are surely pulled from every honest worker, whatever `byzantine` liars do.

        min over w that hold tasks of floor(wins_w / (N_w + 1)),
        wins_w >= l_w - floor(s_w / ((r+1)//2))

    A worker is in the winning class of its tasks but for those of which liars are half of the r
    holders or more: s_w, the tasks that it shares with the q workers with which it shares most,
    counts all copies that liars can hold of its l_w tasks, and each task lost takes (r+1)//2 of
    them. N_w workers share tasks with it; see `BySource`. A lower bound.

    teams: [f, r] int. The holders of each task.

    >>> from robusttrain.redundancy.assignment.subset import Subset
    >>> sure_vectors(Subset(3).teams(15), byzantine=7)  # (91 - 7 * 13 // 2) // (14 + 1)
    3
    """
    held = np.zeros((teams.max() + 1, len(teams)), dtype=np.int64)
    held[teams.T, np.arange(len(teams))] = 1
    held = held[held.any(axis=1)]
    shared = held @ held.T
    loads = shared.diagonal().copy()
    np.fill_diagonal(shared, 0)
    copies = np.sort(shared, axis=1)[:, ::-1][:, :byzantine].sum(axis=1)
    wins = loads - copies // ((teams.shape[1] + 1) // 2)
    return int((wins // (1 + (shared > 0).sum(axis=1))).min())
