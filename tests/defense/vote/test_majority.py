"""The strict majority of the trusted copies, pulled so that no worker sends more than it must."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support import claims_of, plan_of

from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import DROPPED, SILENT, Verdict


def choose(teams, said, distrusted: set[int] = frozenset(), workers: int = 7) -> list[int]:
    verdict = Verdict(workers, convicted=dict.fromkeys(distrusted, "lied"))
    plan = plan_of(teams, workers)
    return Majority().choose(claims_of(plan, said), verdict).workers.tolist()


def willing(team: list[int], words: list[int], distrusted: set[int]) -> list[int]:
    """The holders of the winning class, counted one by one."""
    heard = {w: x for w, x in zip(team, words, strict=True) if x >= 0 and w not in distrusted}
    said = list(heard.values())
    return [w for w in heard if 2 * said.count(heard[w]) > len(heard)]


@settings(max_examples=300)
@given(st.integers(1, 7), st.integers(1, 8), st.integers(0, 2**31), st.sets(st.integers(0, 6)))
def test_the_source_is_a_trusted_holder_of_the_winning_class(copies, tasks, seed, distrusted):
    rng = np.random.default_rng(seed)
    teams = np.sort([rng.permutation(7)[:copies] for _ in range(tasks)])
    said = rng.integers(SILENT, 3, size=teams.shape)
    for team, words, source in zip(teams, said, choose(teams, said, distrusted), strict=True):
        able = willing(team.tolist(), words.tolist(), distrusted)
        assert source in (able or [DROPPED])


def test_by_hand():
    """Two of three, all differ, a tie, one voice, no voice; no worker sends twice."""
    s = SILENT
    said = [[0, 1, 1], [0, 1, 2], [0, 1, s], [s, s, 0], [s, s, s], [1, 1, 0]]
    assert choose([[0, 1, 2]] * 6, said) == [1, DROPPED, DROPPED, 2, DROPPED, 0]


def test_distrust_turns_a_vote():
    team, said = [[0, 1, 2]], [[1, 1, 0]]
    assert choose(team, said) == [0]
    assert choose(team, said, {0}) == [DROPPED]
    assert choose(team, said, {0, 1}) == [2]
    assert choose(team, said, {0, 1, 2}) == [DROPPED]


def test_a_plurality_is_not_enough():
    team = [[0, 1, 2, 3, 4]]
    assert choose(team, [[0, 0, 1, 2, 3]]) == [DROPPED]
    assert choose(team, [[0, 0, 0, 2, 3]]) == [0]


def test_an_even_number_of_copies_can_tie():
    tied, won = choose([[0, 1, 2, 3]] * 2, [[0, 0, 1, 1], [0, 1, 1, 1]])
    assert tied == DROPPED
    assert won in (1, 2, 3)


def test_the_load_is_spread():
    assert choose([[0, 1, 2]] * 7, 0) == [0, 1, 2, 0, 1, 2, 0]
    load = np.bincount(choose(Subset(3).teams(15), 0, workers=15))
    assert load.sum() == 455
    assert load.max() == 31
