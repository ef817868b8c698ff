"""Sources of the rows that are pulled, and how many tasks an honest worker is sure to win."""

from collections.abc import Sequence

import numpy as np

from robusttrain.certificate.scheme import Scheme
from robusttrain.combinatorics.load_balance import balanced
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.redundancy.agreement.base import Agreement


def sources(scheme: Scheme, agreement: Agreement) -> np.ndarray:
    """[n] int: the worker that each vector is pulled from where all copies agree."""
    if agreement.probes:
        return np.array(scheme.members)
    return balanced(scheme.teams, np.ones(scheme.teams.shape, dtype=bool), scheme.workers)


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


def outvoted(
    scheme: Scheme,
    byzantine: int,
    forged: int,
    agreement: Agreement,
    stages: Sequence[PreAggregator],
) -> bool:
    """Whether half of the vectors can be bad, as far as can be excluded.

    They cannot if less than half of the tasks are forged; nor, whatever is forged, if the first
    stage goes by sources and every honest worker is sure to be one.

    scheme: its members, of which `byzantine` are assumed to lie and can forge `forged` tasks.
    """
    teams = np.array(scheme.members)[:, None] if agreement.probes else scheme.teams
    if 2 * forged < len(teams):
        return False
    count = stages[0].per_source if stages else None
    sure = count is not None and sure_vectors(teams, byzantine) >= count
    return not sure or 2 * byzantine >= len(scheme.members)
