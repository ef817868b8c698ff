"""Roots -> commitments -> claims, for any agreement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import claims_of, plan_of

from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import NOBODY, SILENT, Plan

WIDTH = 32


def spelt(word: int) -> np.ndarray:
    """A root that spells out the word said, in its last byte only."""
    return np.array([1] * (WIDTH - 1) + [word], dtype=np.uint8)


def sent(plan: Plan, words: dict[tuple[int, int], int]) -> dict[int, np.ndarray]:
    """What the workers send, from the word of each (worker, task); whoever has none is silent."""
    heard = sorted({w for w, _ in words})
    return {w: np.array([spelt(words[w, t]) for t in plan.holdings[w].tolist()]) for w in heard}


def roots_of(plan: Plan, said: np.ndarray, silent: set[int]) -> dict[int, np.ndarray]:
    words = {
        (w, t): int(said[t, slot])
        for t, team in enumerate(plan.teams.tolist())
        for slot, w in enumerate(team)
        if w not in silent
    }
    return sent(plan, words)


@settings(max_examples=80)
@given(st.sampled_from([(3, 3), (5, 3), (6, 5)]), st.integers(0, 2**31), st.sets(st.integers(0, 5)))
def test_two_copies_are_of_one_class_iff_their_roots_are_equal(size, seed, silent):
    workers, replication = size
    plan = plan_of(Subset(replication).teams(workers))
    said = np.random.default_rng(seed).integers(3, size=plan.teams.shape)
    roots = roots_of(plan, said, silent)
    claims = Commitments.of(plan, roots, WIDTH).claims()
    mute = np.isin(plan.teams, list(silent))
    assert claims.plan is plan
    assert np.array_equal(claims.classes == SILENT, mute)
    assert np.array_equal(claims.classes, claims_of(plan, np.where(mute, SILENT, said)).classes)
    for task, classes in enumerate(claims.classes.tolist()):
        for u in np.flatnonzero(~mute[task]):
            for v in np.flatnonzero(~mute[task]):
                assert (classes[u] == classes[v]) == (said[task, u] == said[task, v])


def test_roots_are_in_the_order_of_the_tasks_that_a_worker_holds():
    plan = plan_of([[0, 1], [1, 2], [0, 2]])
    words = {(0, 0): 1, (0, 2): 3, (1, 0): 1, (1, 1): 2, (2, 1): 9, (2, 2): 3}
    found = Commitments.of(plan, sent(plan, words), WIDTH)
    assert found.claims().classes.tolist() == [[0, 0], [0, 1], [0, 0]]
    for (worker, task), word in words.items():
        assert found.root(worker, task) == spelt(word).tobytes()


def test_classes_do_not_depend_on_who_is_heard_first():
    plan = plan_of(Subset(3).teams(5))
    said = np.random.default_rng(0).integers(2, size=plan.teams.shape)
    roots = roots_of(plan, said, {1})
    first, other = (
        Commitments.of(plan, order, WIDTH).claims().classes
        for order in (roots, dict(reversed(roots.items())))
    )
    assert np.array_equal(first, other)


def test_zeros_are_silence_about_a_task():
    plan = plan_of([[0, 1, 2], [0, 1, 2]], workers=4, shadows=[(3, 0), (3, 1)])
    said = sent(plan, {(w, t): 0 for w in range(4) for t in range(2)})
    said[0][0] = said[1][1] = said[3][0] = 0
    found = Commitments.of(plan, said, WIDTH).claims()
    assert found.classes.tolist() == [[SILENT, 1, 1], [0, SILENT, 0]]
    assert found.shadows.tolist() == [SILENT, 0]
    assert found.speakers.all()


def test_missing_roots_are_a_bug_and_not_silent_copies():
    plan = plan_of(Subset(3).teams(5))
    with pytest.raises((ValueError, IndexError)):
        Commitments.of(plan, {0: np.zeros((5, WIDTH), np.uint8)}, WIDTH)


TWO = [[0, 1, 2], [1, 2, 3]]
SHADOWS = [(4, 0), (4, 1), (5, 1), (6, 0)]
SAID = {(0, 0): 7, (1, 0): 7, (2, 0): 8, (2, 1): 5, (3, 1): 0, (1, 1): 5}


def test_shadow_copies_are_classed_with_the_slots_that_said_the_same():
    """5's word is that of slot 2 of task 1, 4's of slot 2 of task 0 and of none; 6 is silent."""
    plan = plan_of(TWO, workers=7, shadows=SHADOWS)
    said = SAID | {(4, 0): 8, (4, 1): 8, (5, 1): 0}
    claims = Commitments.of(plan, sent(plan, said), WIDTH).claims()
    assert claims.classes.tolist() == [[0, 0, 2], [0, 0, 2]]
    assert claims.shadows.tolist() == [2, NOBODY, 2, SILENT]
    assert claims.speakers.tolist() == [True] * 6 + [False]


def test_two_shadows_that_say_the_same_are_not_a_class():
    plan = plan_of(TWO, workers=7, shadows=[(4, 0), (5, 0)])
    claims = Commitments.of(plan, sent(plan, SAID | {(4, 0): 9, (5, 0): 9}), WIDTH).claims()
    assert claims.shadows.tolist() == [NOBODY, NOBODY]


def test_a_shadow_does_not_match_a_silent_slot():
    plan = plan_of([[0, 1]], workers=3, shadows=[(2, 0)])
    claims = Commitments.of(plan, sent(plan, {(2, 0): 0}), WIDTH).claims()
    assert claims.classes.tolist() == [[SILENT, SILENT]]
    assert claims.shadows.tolist() == [NOBODY]


def test_a_worker_with_copies_that_count_and_shadows_keeps_them_apart():
    plan = plan_of([[0, 1], [0, 1], [1, 2]], shadows=[(2, 0), (2, 1)])
    words = {(0, 0): 1, (1, 0): 1, (0, 1): 2, (1, 1): 2, (1, 2): 3, (2, 0): 1, (2, 1): 9, (2, 2): 3}
    found = Commitments.of(plan, sent(plan, words), WIDTH)
    assert found.root(2, 2) == spelt(3).tobytes()
    assert found.claims().classes.tolist() == [[0, 0], [0, 0], [0, 0]]
    assert found.claims().shadows.tolist() == [0, NOBODY]


def test_match_finds_the_first_slot_that_committed_to_a_root_or_nobody():
    plan = plan_of(TWO, workers=7)
    found = Commitments.of(plan, sent(plan, SAID), WIDTH)
    tasks = np.array([1, 0, 0, 1, 1])
    roots = np.array([spelt(word) for word in (5, 8, 7, 0, 7)])
    assert found.match(tasks, roots).tolist() == [0, 2, 0, 2, NOBODY]
    none = found.match(np.empty(0, int), np.empty((0, WIDTH), np.uint8))
    assert none.shape == (0,)


def test_match_hears_only_who_spoke():
    plan = plan_of([[0, 1, 2]])
    found = Commitments.of(plan, sent(plan, {(2, 0): 4}), WIDTH)
    assert found.match(np.array([0, 0]), np.array([spelt(0), spelt(4)])).tolist() == [NOBODY, 2]
