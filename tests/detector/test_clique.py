"""Clique against the paper's rule written with networkx, and the hole of the published code."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import NOT_HELD, SILENT, Claims, Plan, Verdict
from robusttrain.detector.base import Detector
from robusttrain.detector.clique import Clique
from robusttrain.detector.cover import Cover
from robusttrain.targets.disagreement import Disagreement


def inspect(detector: Detector, classes: np.ndarray) -> Verdict:
    tasks = classes.shape[1]
    plan = Plan(0, np.zeros((tasks, 1), int), np.zeros(tasks, int), classes != NOT_HELD)
    return detector.inspect(plan, Claims(classes))


def published(classes: np.ndarray, size: int | None = None) -> set[int]:
    """Outside the unique maximum clique of agreement, if it has `size` workers (None: any)."""
    heard = np.flatnonzero((classes >= 0).any(axis=1)).tolist()
    graph = nx.Graph()
    graph.add_nodes_from(heard)
    for u in heard:
        for v in heard:
            both = (classes[u] >= 0) & (classes[v] >= 0)
            if u < v and (classes[u] == classes[v])[both].all():
                graph.add_edge(u, v)
    cliques = sorted(nx.find_cliques(graph), key=len)
    if not cliques or (len(cliques) > 1 and len(cliques[-2]) == len(cliques[-1])):
        return set()
    return set() if size not in (None, len(cliques[-1])) else set(heard) - set(cliques[-1])


def forged(holders: np.ndarray, byzantine: int, size: int | None) -> np.ndarray:
    liars = np.arange(len(holders)) < byzantine
    lies = liars[:, None] & Disagreement(size).tasks(holders, liars)
    return np.where(holders, lies, NOT_HELD).astype(int)


@st.composite
def claims(draw: st.DrawFn) -> np.ndarray:
    """Few lies, so that cliques of the size asked for do occur."""
    holders = draw(st.sampled_from([Subset(3).holders(5), Subset(3).holders(7), np.ones((6, 3))]))
    said = draw(
        arrays(np.int64, holders.shape, elements=st.sampled_from([0, 1, 2]), fill=st.just(0))
    )
    liars = draw(st.sets(st.integers(0, len(holders) - 1), max_size=4))
    mute = draw(st.sets(st.integers(0, len(holders) - 1), max_size=2))
    said[[w for w in range(len(holders)) if w not in liars]] = 0
    said[list(mute)] = SILENT
    return np.where(holders, said, NOT_HELD)


@settings(max_examples=250, deadline=None)
@given(claims(), st.integers(0, 3))
def test_equals_the_unique_maximum_clique_of_the_right_size(classes, byzantine):
    speakers = int(Claims(classes).speakers.sum())
    verdict = inspect(Clique(byzantine), classes)
    assert set(verdict.convicted) == published(classes, speakers - byzantine)
    assert set(verdict.absent) == set(np.flatnonzero((classes < 0).all(axis=1)))


@settings(max_examples=100, deadline=None)
@given(claims(), st.integers(0, 3))
def test_convicts_all_that_cover_convicts_or_nobody(classes, byzantine):
    clique, cover = inspect(Clique(byzantine), classes), inspect(Cover(byzantine), classes)
    certain = len(cover.convicted) == byzantine
    assert set(clique.convicted) == (set(cover.convicted) if certain else set())
    assert clique.overwhelmed == cover.overwhelmed


@pytest.mark.parametrize("byzantine", [5, 7])
def test_the_hole_of_the_published_code_is_closed(byzantine):
    """Liars who differ from q-1 honest workers only leave those outside the largest clique."""
    classes = forged(Subset(3).holders(15), byzantine, size=byzantine - 1)
    framed = set(range(byzantine, 2 * byzantine - 1))
    assert published(classes) == framed
    for detector in (Clique(byzantine), Cover(byzantine)):
        assert not inspect(detector, classes).convicted


@pytest.mark.parametrize("byzantine", [3, 5])
def test_loud_liars_are_convicted_with_the_reason(byzantine):
    verdict = inspect(Clique(byzantine), forged(Subset(3).holders(15), byzantine, size=15))
    reason = "outside the unique maximum clique"
    assert verdict.convicted == dict.fromkeys(range(byzantine), reason)


def test_fewer_liars_than_declared_go_free():
    """What the size check costs, and what `cover` mends."""
    classes = forged(Subset(3).holders(15), 3, size=15)
    assert not inspect(Clique(5), classes).convicted
    assert set(inspect(Cover(5), classes).convicted) == {0, 1, 2}


def test_more_loud_liars_than_declared_overwhelm():
    verdict = inspect(Clique(2), forged(Subset(3).holders(15), 3, size=15))
    assert verdict.overwhelmed
    assert not verdict.convicted
