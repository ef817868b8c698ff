"""Cover convicts exactly those who lied in every explanation of the claims."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.defense.detector.cover import Cover
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.types import Verdict

COVER = Cover(ledger=False)


def subsets(workers: int, replication: int = 3) -> np.ndarray:
    return np.array(list(combinations(range(workers), replication)))


def explanations(
    teams: np.ndarray, said: np.ndarray, workers: int, byzantine: int
) -> list[set[int]]:
    """The sets of at most q liars that explain the claims: all others say the same."""
    found = []
    for size in range(byzantine + 1):
        for liars in combinations(range(workers), size):
            believed = (said >= 0) & ~np.isin(teams, liars)
            if all(len(set(s[b])) <= 1 for s, b in zip(said, believed, strict=True)):
                found.append(set(liars))
    return found


@st.composite
def claims(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Any claims (teams, said, workers): a few teams of any shape, or all subsets."""
    workers, replication = draw(st.sampled_from([(4, 3), (5, 2), (6, 3), (7, 3), (7, 5)]))
    teams = subsets(workers, replication)
    if draw(st.booleans()):
        teams = teams[draw(st.lists(st.integers(0, len(teams) - 1), min_size=1, max_size=8))]
    fill = st.just(draw(st.integers(-1, 0)))
    said = draw(arrays(np.int64, teams.shape, elements=st.integers(-1, 2), fill=fill))
    return teams, said, workers


@settings(max_examples=150, deadline=None)
@given(claims(), st.integers(0, 4))
def test_convicts_those_who_lied_in_every_explanation(hear, heard, byzantine):
    teams, said, workers = heard
    verdict = COVER.inspect(hear(teams, said, byzantine, workers))
    possible = explanations(teams, said, workers, byzantine)
    assert verdict.overwhelmed == (not possible)
    assert set(verdict.convicted) == (set.intersection(*possible) if possible else set())


@settings(max_examples=150, deadline=None)
@given(claims(), st.data())
def test_no_honest_worker_is_convicted_while_at_most_q_lie(hear, heard, data):
    teams, said, workers = heard
    byzantine = data.draw(st.integers(0, (workers - 1) // 2))
    liars = data.draw(st.sets(st.sampled_from(range(workers)), max_size=byzantine))
    said = np.where(np.isin(teams, list(liars)), said, np.minimum(said, 0))
    hearing = hear(teams, said, byzantine, workers)
    verdict = COVER.inspect(hearing)
    assert not verdict.overwhelmed
    assert set(verdict.convicted) <= liars
    loud = hearing.claims.disagreements.sum(axis=1) > byzantine
    assert set(np.flatnonzero(loud)) <= set(verdict.convicted)
    assert not set(verdict.absent) & set(verdict.convicted)


@pytest.mark.parametrize("declared", [3, 4, 5, 6, 7])
def test_fewer_liars_than_declared_are_all_found(declared, hear, forge):
    teams = subsets(15)
    verdict = COVER.inspect(hear(teams, forge(teams, [2, 7, 11], All()), declared))
    assert verdict == Verdict(15, dict.fromkeys([2, 7, 11], "disagrees with 12 workers"))


@pytest.mark.parametrize("actual", [4, 5, 6, 7])
def test_more_overt_liars_than_declared_overwhelm(actual, hear, forge):
    """The published code ends on an assertion here."""
    teams = subsets(15)
    verdict = COVER.inspect(hear(teams, forge(teams, range(actual), All()), 3))
    assert verdict == Verdict(15, overwhelmed=True)


@pytest.mark.parametrize("byzantine", [5, 7])
def test_common_enemies_leave_two_explanations(byzantine, hear, forge):
    """Liars who all differ from the same q honest workers could be those; q - 1: not so."""
    teams = subsets(15)
    same = hear(teams, forge(teams, range(byzantine), Disagreement(byzantine)), byzantine)
    assert COVER.inspect(same) == Verdict(15)
    more = hear(teams, forge(teams, range(byzantine), Disagreement(byzantine + 1)), byzantine)
    assert set(COVER.inspect(more).convicted) == set(range(byzantine))


@pytest.mark.parametrize("byzantine", [0, 1, 2])
def test_the_silent_are_absent_and_never_convicted(byzantine, hear, forge):
    """Worker 4 is mute and worker 0 lies about all it holds."""
    teams = subsets(5)
    said = np.where(teams == 4, -1, forge(teams, [0], All()))
    verdict = COVER.inspect(hear(teams, said, byzantine))
    assert verdict.absent == {4: "silent"}
    assert verdict.overwhelmed == (byzantine == 0)
    assert set(verdict.convicted) == ({0} if byzantine else set())


def test_disputes_with_the_evicted_do_not_count(hear, forge):
    """q excludes them: two liars, one of them out, leave one to be found."""
    teams = subsets(9)
    said = forge(teams, [0, 1], All())
    assert COVER.inspect(hear(teams, said, 1)).overwhelmed
    assert set(COVER.inspect(hear(teams, said, 1, evicted={0})).convicted) == {1}


def test_it_says_what_it_is_complete_for():
    assert (Cover.complete, COVER.concedes, COVER.current) == (True, "undetected", True)
