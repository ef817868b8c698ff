"""The most that given liars can forge although `cover` judges them."""

from itertools import product
from math import comb

import numpy as np
import pytest

from robusttrain.combinatorics.vertex_cover import in_every_cover
from robusttrain.redundancy.assignment.design import Design
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.threat.target.majority import Majority
from robusttrain.threat.target.undetected import Undetected


def forged(teams: np.ndarray, liars: np.ndarray, tasks: np.ndarray) -> int:
    """How many of `tasks` are won after `cover` has judged, if all liars lie about them."""
    lies = liars[teams] & tasks[:, None]
    graph = np.zeros((len(liars),) * 2, dtype=bool)
    for team, lied in zip(teams, lies, strict=True):
        graph[np.ix_(team[lied], team[~lied])] = graph[np.ix_(team[~lied], team[lied])] = True
    convicted = np.isin(np.arange(len(liars)), in_every_cover(graph, int(liars.sum())))
    heard = ~convicted[teams]
    return int((2 * (lies & heard).sum(axis=1) > heard.sum(axis=1)).sum())


@pytest.mark.parametrize("q", range(1, 8))
def test_on_all_subsets_it_wins_as_much_as_disagreement(q):
    teams, liars = Subset(3).teams(15), np.random.default_rng(q).permutation(15) < q
    tasks = Undetected().tasks(teams, liars)
    assert forged(teams, liars, tasks) == tasks.sum() == comb(2 * q, 3) // 2
    assert forged(teams, liars, Disagreement(None).tasks(teams, liars)) == tasks.sum()


@pytest.mark.parametrize("assignment", [Mols(3), Design(3, None)])
@pytest.mark.parametrize("q", [2, 3, 4])
def test_every_task_is_won_and_no_other_choice_of_majorities_wins_more(assignment, q):
    teams = assignment.teams(15)
    for seed in range(8):
        liars = np.random.default_rng(seed).permutation(15) < q
        tasks = Undetected().tasks(teams, liars)
        assert forged(teams, liars, tasks) == tasks.sum()
        open_ = np.flatnonzero(Majority().tasks(teams, liars))
        for chosen in product([False, True], repeat=len(open_)):
            tried = np.zeros(len(teams), dtype=bool)
            tried[open_] = chosen
            assert forged(teams, liars, tried) <= tasks.sum()


def test_liars_that_hold_nothing_do_not_count():
    teams = Subset(3).teams(7)
    liars = np.isin(np.arange(9), [0, 1, 7, 8])
    assert Undetected().tasks(teams, liars).sum() == comb(4, 3) // 2
