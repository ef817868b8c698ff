"""The strict majority of the trusted copies, pulled from whoever is asked least."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import DROPPED, NOT_HELD, SILENT, Claims, Plan, Verdict
from robusttrain.vote.majority import Majority


def choose(classes: np.ndarray, distrusted: set[int] = frozenset()) -> list[int]:
    workers, tasks = classes.shape
    plan = Plan(0, np.zeros((tasks, 1), int), np.zeros(tasks, int), classes != NOT_HELD)
    verdict = Verdict(workers, convicted=dict.fromkeys(distrusted, "lied"))
    return Majority().choose(plan, Claims(classes), verdict).workers.tolist()


def naive(classes: np.ndarray, distrusted: set[int]) -> list[int]:
    load, found = [0] * len(classes), []
    for task in classes.T:
        heard = [w for w, said in enumerate(task) if said >= 0 and w not in distrusted]
        said = [int(task[w]) for w in heard]
        willing = [w for w in heard if 2 * said.count(int(task[w])) > len(heard)]
        found.append(min(willing, key=lambda w: load[w], default=DROPPED))
        if willing:
            load[found[-1]] += 1
    return found


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(st.integers(1, 7), st.integers(1, 8)).flatmap(
        lambda shape: arrays(np.int64, shape, elements=st.integers(SILENT, 3))
    ),
    st.sets(st.integers(0, 6)),
)
def test_matches_a_count_task_by_task(classes, distrusted):
    distrusted = {w for w in distrusted if w < len(classes)}
    found = choose(classes, distrusted)
    assert found == naive(classes, distrusted)
    for task, worker in enumerate(found):
        assert worker not in distrusted
        assert worker == DROPPED or classes[worker, task] >= 0


def test_by_hand():
    """One column each: two of three, all differ, a tie, one voice, no voice, nobody's task."""
    x, s = NOT_HELD, SILENT
    classes = np.array([[0, 0, 0, x, x, x], [1, 1, 1, s, s, x], [1, 2, s, 0, s, x]])
    assert choose(classes) == [1, DROPPED, DROPPED, 2, DROPPED, DROPPED]


def test_distrust_turns_a_vote():
    classes = np.array([[1], [1], [0]])
    assert choose(classes) == [0]
    assert choose(classes, {0}) == [DROPPED]
    assert choose(classes, {0, 1}) == [2]
    assert choose(classes, {0, 1, 2}) == [DROPPED]


def test_a_plurality_is_not_enough():
    assert choose(np.array([[0], [0], [1], [2], [3]])) == [DROPPED]
    assert choose(np.array([[0], [0], [0], [2], [3]])) == [0]


def test_the_load_is_spread():
    assert choose(np.zeros((3, 7), dtype=int)) == [0, 1, 2, 0, 1, 2, 0]
    holders = Subset(3).holders(15)
    load = np.bincount(choose(np.where(holders, 0, NOT_HELD)))
    assert load.sum() == 455
    assert load.max() <= 1.35 * load.mean()
