"""Chooses a willing holder for each task so that tasks are spread as evenly as possible.

K workers, f tasks, r holders each. The bipartite graph of tasks and willing holders is reduced to
a table [K, K]: how many tasks of one worker another could take. A search is over workers only.
"""

from itertools import pairwise

import numpy as np

from robusttrain.types import DROPPED


def balanced(teams: np.ndarray, willing: np.ndarray, workers: int) -> np.ndarray:
    """A willing holder of each task, such that no other choice spreads them more evenly.

    No choice has a smaller largest load, a smaller sum of squares, or a larger sum over workers of
    min(load, b), for any b. No task is with a worker that has two more than another who is willing.

    teams: [f, r] int. The holders of each task.
    willing: [f, r] bool. Which of them may be chosen.
    workers: K, int.

    Returns [f] int, `DROPPED` for a task without a willing holder. The same arguments give the
    same choice. Source: Harvey, Ladner, Lovász and Tamir, Semi-matchings for bipartite graphs and
    load balancing (2006).

    >>> import numpy as np
    >>> teams = np.array([[0, 1], [0, 2], [0, 1]])
    >>> balanced(teams, np.array([[True, False], [True, True], [True, True]]), 3).tolist()
    [0, 2, 1]
    """
    chosen = in_turn(teams, willing)
    load = np.bincount(chosen[chosen != DROPPED], minlength=workers)
    shared = np.zeros((workers, workers), dtype=np.int64)
    tasks, slots = np.nonzero(willing)
    np.add.at(shared, (chosen[tasks], teams[tasks, slots]), 1)
    while path := way_out(load, shared):
        count = min(shared[pair] for pair in pairwise(path))
        count = min(count, (load[path[0]] - load[path[-1]]) // 2)
        for giver, taker in pairwise(path):
            owned = np.flatnonzero(chosen == giver)
            fit = (willing[owned] & (teams[owned] == taker)).any(axis=1)
            moved = owned[fit][:count]
            chosen[moved] = taker
            holders = np.bincount(teams[moved][willing[moved]], minlength=workers)
            shared[giver] -= holders
            shared[taker] += holders
        load[path[0]] -= count
        load[path[-1]] += count
    return chosen


def in_turn(teams: np.ndarray, willing: np.ndarray) -> np.ndarray:
    """[f] int: of the n willing holders of task i, the one numbered i mod n."""
    rank = willing.cumsum(axis=1) - 1
    counts = willing.sum(axis=1)
    wanted = np.arange(len(teams)) % np.maximum(counts, 1)
    slots = (willing & (rank == wanted[:, None])).argmax(axis=1)
    return np.where(counts > 0, teams[np.arange(len(teams)), slots], DROPPED)


def way_out(load: np.ndarray, shared: np.ndarray) -> list[int]:
    """A shortest path of workers from the busiest that has one to one with two tasks fewer or more.

    load: [K] int. Tasks of each worker.
    shared: [K, K] int. How many tasks of the first worker the second may take.

    Empty if there is none: then the choice is optimal (Harvey et al., theorem 3.1).
    """
    for worker in np.argsort(-load, kind="stable").tolist():
        if load[worker] < load.min() + 2:
            break
        if path := way_from(worker, load, shared):
            return path
    return []


def way_from(busiest: int, load: np.ndarray, shared: np.ndarray) -> list[int]:
    """The same from one worker, empty if there is none."""
    before = np.full(len(load), -1)
    before[busiest] = busiest
    frontier = np.array([busiest])
    while len(frontier):
        takes = shared[frontier] > 0
        fresh = np.flatnonzero(takes.any(axis=0) & (before < 0))
        before[fresh] = frontier[takes[:, fresh].argmax(axis=0)]
        frontier = fresh
        light = fresh[load[fresh] <= load[busiest] - 2]
        if len(light):
            path = [int(light[load[light].argmin()])]
            while path[0] != busiest:
                path.insert(0, int(before[path[0]]))
            return path
    return []
