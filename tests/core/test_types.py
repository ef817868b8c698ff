"""The integer tables: claims -> disagreements, verdicts, sources."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.core.types import DROPPED, NOT_HELD, SILENT, Caught, Claims, Plan, Sources, Verdict

tables = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(-2, 2))
)


def test_plan_knows_who_holds_what():
    holders = np.array([[1, 0, 1, 0], [0, 0, 1, 0], [0, 1, 0, 0]], dtype=bool)
    plan = Plan(7, np.zeros((4, 2), int), np.zeros(4, int), holders)
    assert (plan.workers, plan.tasks) == (3, 4)
    assert plan.held([0]).tolist() == [0, 2]
    assert plan.held([2, 1]).tolist() == [1, 2]
    assert plan.held([]).tolist() == []


def test_disagreements_by_hand():
    """0 and 1 differ on task 0; 1 and 2 share only task 1, where 2 is silent."""
    classes = [[0, NOT_HELD, 0], [1, 0, NOT_HELD], [NOT_HELD, SILENT, 0], [SILENT] * 3]
    claims = Claims(np.array(classes))
    assert np.argwhere(claims.disagreements()).tolist() == [[0, 1], [1, 0]]
    assert claims.speakers.tolist() == [True, True, True, False]


@settings(max_examples=200, deadline=None)
@given(tables)
def test_disagreements_pair_by_pair(classes):
    found = Claims(classes).disagreements()
    for u, said in enumerate(classes):
        for v, other in enumerate(classes):
            both = zip(said, other, strict=True)
            assert found[u, v] == any(a >= 0 and b >= 0 and a != b for a, b in both)


@settings(max_examples=50, deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_the_names_of_the_classes_do_not_matter(classes, rng):
    renamed = classes.copy()
    for task in renamed.T:
        names = rng.sample(range(10), 3)
        task[task >= 0] = [names[c] for c in task[task >= 0]]
    assert np.array_equal(Claims(classes).disagreements(), Claims(renamed).disagreements())


def test_trust_is_what_is_left():
    verdict = Verdict(4, convicted={1: "lied"}, absent={3: "silent"})
    assert verdict.trusted.tolist() == [True, False, True, False]
    assert Verdict(2).trusted.tolist() == [True, True]


def test_after_adds_what_came_to_light_and_keeps_the_first_reason():
    before = Verdict(5, convicted={1: "lied"}, absent={3: "silent"}, overwhelmed=True)
    after = before.after(Caught({1: "again", 2: "caught"}, {3: "again", 4: "gone"}))
    assert after.convicted == {1: "lied", 2: "caught"}
    assert after.absent == {3: "silent", 4: "gone"}
    assert after.overwhelmed
    assert before.convicted == {1: "lied"}


def test_sources_keep_what_is_not_dropped():
    assert Sources(np.array([2, DROPPED, 0, DROPPED])).kept.tolist() == [0, 2]


def test_caught_says_who():
    assert "caught {2: 'bad row'}, missing {3: 'timeout'}" in str(
        Caught({2: "bad row"}, {3: "timeout"})
    )
