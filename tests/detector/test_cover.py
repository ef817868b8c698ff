"""Cover convicts exactly those who lied in every story that fits the claims."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import NOT_HELD, SILENT, Claims, Plan, Verdict
from robusttrain.detector.cover import Cover
from robusttrain.targets.all import All


def inspect(classes: np.ndarray, byzantine: int) -> Verdict:
    tasks = classes.shape[1]
    plan = Plan(0, np.zeros((tasks, 1), int), np.zeros(tasks, int), classes != NOT_HELD)
    return Cover(byzantine).inspect(plan, Claims(classes))


def stories(classes: np.ndarray, byzantine: int) -> list[set[int]]:
    """The sets of at most q liars that explain the claims: all others say the same."""
    workers = range(len(classes))
    found = []
    for size in range(byzantine + 1):
        for liars in combinations(workers, size):
            rest = np.delete(classes, liars, axis=0)
            if all(len(np.unique(task[task >= 0])) <= 1 for task in rest.T):
                found.append(set(liars))
    return found


@st.composite
def claims(draw: st.DrawFn) -> np.ndarray:
    """Any claims: holders at random, or those of a subset assignment."""
    said = st.integers(SILENT, 2)
    if draw(st.booleans()):
        shape = draw(st.integers(1, 7)), draw(st.integers(1, 8))
        return draw(arrays(np.int64, shape, elements=said))
    workers, replication = draw(st.sampled_from([(4, 3), (5, 3), (6, 3), (7, 3), (7, 5)]))
    holders = Subset(replication).holders(workers)
    drawn = draw(arrays(np.int64, holders.shape, elements=said))
    return np.where(holders, np.where(drawn == NOT_HELD, 0, drawn), NOT_HELD)


@settings(max_examples=150, deadline=None)
@given(claims(), st.integers(0, 4))
def test_convicts_those_who_lied_in_every_story(classes, byzantine):
    verdict = inspect(classes, byzantine)
    possible = stories(classes, byzantine)
    assert verdict.overwhelmed == (not possible)
    assert set(verdict.convicted) == (set.intersection(*possible) if possible else set())


@settings(max_examples=150, deadline=None)
@given(claims(), st.data())
def test_no_honest_worker_is_convicted_while_at_most_q_lie(classes, data):
    workers = range(len(classes))
    byzantine = data.draw(st.integers(0, (len(classes) - 1) // 2))
    liars = data.draw(st.sets(st.sampled_from(workers), max_size=byzantine))
    for w in set(workers) - liars:
        classes[w] = np.minimum(classes[w], 0)
    verdict = inspect(classes, byzantine)
    assert not verdict.overwhelmed
    assert set(verdict.convicted) <= liars
    loud = Claims(classes).disagreements().sum(axis=1) > byzantine
    assert set(np.flatnonzero(loud)) <= set(verdict.convicted)
    mute = {w for w in workers if not (classes[w] >= 0).any()}
    assert not mute & set(verdict.convicted)


def loud_claims(workers: int, liars: list[int]) -> np.ndarray:
    holders = Subset(3).holders(workers)
    lie = np.isin(np.arange(workers), liars)
    forged = holders & lie[:, None] & All().tasks(holders, lie)
    return np.where(holders, forged, NOT_HELD).astype(int)


@pytest.mark.parametrize("declared", [3, 4, 5, 6, 7])
def test_fewer_liars_than_declared_are_all_found(declared):
    verdict = inspect(loud_claims(15, [2, 7, 11]), declared)
    assert verdict.convicted == dict.fromkeys([2, 7, 11], "disagrees with 12 workers")
    assert not verdict.overwhelmed


@pytest.mark.parametrize("actual", [4, 5, 6, 7])
def test_more_loud_liars_than_declared_overwhelm(actual):
    verdict = inspect(loud_claims(15, list(range(actual))), 3)
    assert verdict.overwhelmed
    assert not verdict.convicted


@pytest.mark.parametrize("byzantine", [0, 1, 2])
def test_the_silent_are_absent_and_never_convicted(byzantine):
    """Worker 4 is mute and worker 0 lies about all it holds."""
    classes = loud_claims(5, [0])
    classes[4][classes[4] >= 0] = SILENT
    verdict = inspect(classes, byzantine)
    assert verdict.absent == {4: "silent"}
    assert verdict.overwhelmed == (byzantine == 0)
    assert set(verdict.convicted) == ({0} if byzantine else set())


def test_honest_claims_convict_nobody():
    verdict = inspect(loud_claims(15, []), 5)
    assert verdict.trusted.all()
    assert not verdict.overwhelmed
