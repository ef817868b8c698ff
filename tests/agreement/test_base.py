"""Roots -> claims, for any agreement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.agreement.digest import Digest
from robusttrain.assignment.subset import Subset
from robusttrain.core.types import NOT_HELD, SILENT, Plan


def plan_of(holders: np.ndarray) -> Plan:
    tasks = holders.shape[1]
    return Plan(0, np.zeros((tasks, 1), int), np.zeros(tasks, int), holders)


def roots_of(said: np.ndarray, holders: np.ndarray, silent: set[int]) -> dict[int, np.ndarray]:
    """A 32-byte root per copy that spells out the value said."""
    return {
        u: np.repeat(said[u, held].astype(np.uint8)[:, None], 32, axis=1)
        for u, held in enumerate(holders)
        if u not in silent
    }


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([(3, 3), (5, 3), (6, 5)]), st.integers(0, 2**31), st.sets(st.integers(0, 5)))
def test_two_copies_are_of_one_class_iff_their_roots_are_equal(size, seed, silent):
    workers, replication = size
    holders = Subset(replication).holders(workers)
    said = np.random.default_rng(seed).integers(3, size=holders.shape)
    roots = roots_of(said, holders, silent)
    classes = Digest().claims(plan_of(holders), roots).classes
    assert classes.shape == holders.shape
    assert np.array_equal(classes == NOT_HELD, ~holders)
    mute = np.isin(np.arange(workers), list(silent))
    assert np.array_equal(classes == SILENT, holders & mute[:, None])
    for task in range(holders.shape[1]):
        speakers = np.flatnonzero(classes[:, task] >= 0)
        for u in speakers:
            for v in speakers:
                same = said[u, task] == said[v, task]
                assert (classes[u, task] == classes[v, task]) == same


def test_roots_are_in_the_order_of_the_tasks_that_a_worker_holds():
    holders = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=bool)
    said = np.array([[1, 0, 3], [1, 2, 0], [0, 9, 3]])
    found = Digest().claims(plan_of(holders), roots_of(said, holders, set())).classes
    assert found.tolist() == [[0, -1, 0], [0, 0, -1], [-1, 1, 0]]


def test_classes_do_not_depend_on_who_is_heard_first():
    holders = Subset(3).holders(5)
    said = np.random.default_rng(0).integers(2, size=holders.shape)
    roots = roots_of(said, holders, {1})
    backwards = dict(reversed(roots.items()))
    plan = plan_of(holders)
    assert np.array_equal(
        Digest().claims(plan, roots).classes, Digest().claims(plan, backwards).classes
    )


def test_a_missing_root_is_a_bug_and_not_a_silent_copy():
    holders = Subset(3).holders(5)
    with pytest.raises(ValueError):
        Digest().claims(plan_of(holders), {0: np.zeros((5, 32), np.uint8)})
