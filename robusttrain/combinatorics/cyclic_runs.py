"""Runs of liars in a random cyclic order: how many of them an honest checker precedes."""

import numpy as np


def exposed_chances(liars: int, honest: int, checkers: int) -> list[float]:
    """[liars + 1]: the chance that so many liars have an honest checker.

    In a random cyclic order the liars between two honest workers form a run; of a run of L, the
    first min(L, c) have an honest worker among the c before them. The `honest` runs, some empty,
    have lengths that add up to `liars`, every way with the same chance.

    liars: int. m.
    honest: int >= 1. Workers that are none.
    checkers: int >= 1. c.
    """
    ways = np.zeros((liars + 1, liars + 1))  # liars placed so far, of them exposed
    ways[0, 0] = 1.0
    for _ in range(honest):
        longer = np.zeros_like(ways)
        for run in range(liars + 1):
            first = min(run, checkers)
            longer[run:, first:] += ways[: liars + 1 - run, : liars + 1 - first]
        ways = longer
    return (ways[liars] / ways[liars].sum()).tolist()
