"""The integer tables: claims -> disagreements, verdicts, sources."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support import claims_of, plan_of

from robusttrain.types import (
    DROPPED,
    NOBODY,
    SILENT,
    Claims,
    CommitmentBroken,
    Plan,
    Sources,
    Verdict,
    sole_holders,
)


@st.composite
def told(draw: st.DrawFn) -> tuple[Plan, np.ndarray]:
    """Any teams of 1 to 4 of at most 6 workers, some of whom may hold nothing, and any words."""
    workers = draw(st.integers(1, 6))
    size = draw(st.integers(1, min(4, workers)))
    teams = draw(st.lists(st.sampled_from([*combinations(range(workers), size)]), min_size=1))
    said = draw(arrays(np.int64, (len(teams), size), elements=st.integers(-1, 2)))
    return plan_of(teams, workers), said


def test_plan_knows_who_holds_what():
    """Worker 3 holds nothing, worker 4 has only shadows."""
    teams = [[0, 1], [1, 2], [0, 2], [0, 1]]
    plan = plan_of(teams, workers=5, shadows=[(4, 3), (4, 1), (2, 0)])
    assert (plan.workers, plan.tasks) == (5, 4)
    assert [tasks.tolist() for tasks in plan.holdings] == [
        [0, 2, 3], [0, 1, 3], [0, 1, 2], [], [1, 3],
    ]  # fmt: skip
    assert plan.held([0]).tolist() == [0, 2, 3]
    assert plan.held([4, 1]).tolist() == [0, 1, 3]
    assert plan.held([3]).tolist() == plan.held([]).tolist() == []


@settings(max_examples=100)
@given(told(), st.data())
def test_holdings_by_their_definition(told, data):
    plan, _ = told
    free = [
        (w, t) for w in range(plan.workers) for t in range(plan.tasks) if w not in plan.teams[t]
    ]
    shadows = data.draw(st.lists(st.sampled_from(free), unique=True)) if free else []
    plan = plan_of(plan.teams, plan.workers, shadows=shadows)
    assert len(plan.holdings) == plan.workers
    for w, tasks in enumerate(plan.holdings):
        expected = [t for t in range(plan.tasks) if w in plan.teams[t] or (w, t) in shadows]
        assert tasks.tolist() == expected


def test_disagreements_by_hand():
    """0 and 1 differ on task 0; 1 and 2 share only task 1, where 2 is silent."""
    plan = plan_of([[0, 1], [1, 2], [0, 2]], workers=5)
    claims = Claims(plan, np.array([[0, 1], [0, SILENT], [0, 0]]))
    assert np.argwhere(claims.disagreements).tolist() == [[0, 1], [1, 0]]
    assert claims.speakers.tolist() == [True, True, True, False, False]


def test_a_shadow_speaks_and_disagrees_with_nobody():
    """Workers 2, 3 and 4 are on probation: as the truth, as nobody, and not at all."""
    plan = plan_of([[0, 1], [0, 1]], workers=5, shadows=[(2, 0), (3, 0), (4, 1)])
    claims = Claims(plan, np.array([[0, 0], [0, 1]]), np.array([0, NOBODY, SILENT]))
    assert claims.speakers.tolist() == [True, True, True, True, False]
    assert np.argwhere(claims.disagreements).tolist() == [[0, 1], [1, 0]]


@settings(max_examples=200)
@given(told())
def test_disagreements_and_speakers_pair_by_pair(told):
    plan, said = told
    claims = claims_of(plan, said)
    spoken = [
        {t: said[t, list(team).index(w)] for t, team in enumerate(plan.teams) if w in team}
        for w in range(plan.workers)
    ]
    heard = [{t: word for t, word in words.items() if word >= 0} for words in spoken]
    assert claims.speakers.tolist() == [bool(words) for words in heard]
    for u, mine in enumerate(heard):
        for v, other in enumerate(heard):
            differ = any(mine[t] != other[t] for t in mine.keys() & other.keys())
            assert claims.disagreements[u, v] == differ


@settings(max_examples=50)
@given(told(), st.permutations(range(3)))
def test_the_words_do_not_matter_only_who_said_the_same(told, names):
    plan, said = told
    renamed = np.where(said >= 0, np.array(names)[said], said)
    first, other = claims_of(plan, said), claims_of(plan, renamed)
    assert np.array_equal(first.classes, other.classes)
    assert np.array_equal(first.disagreements, other.disagreements)


@settings(max_examples=100)
@given(told(), st.sets(st.integers(0, 5)))
def test_without_workers_their_words_are_unheard_and_no_others(told, dropped):
    plan, said = told
    dropped = {w for w in dropped if w < plan.workers}
    claims = claims_of(plan, said)
    before = claims.classes.copy()
    left = claims.without(dropped)
    mute = np.isin(plan.teams, list(dropped))
    assert np.array_equal(left.classes, np.where(mute, SILENT, before))
    assert np.array_equal(claims.classes, before)
    out = np.isin(np.arange(plan.workers), list(dropped))
    assert np.array_equal(
        left.disagreements, claims.disagreements & ~out & ~out[:, None]
    )  # fmt: skip
    assert np.array_equal(left.speakers, claims.speakers & ~out)


def test_without_forgets_what_was_worked_out_before():
    claims = claims_of(plan_of([[0, 1]]), [[0, 1]])
    assert claims.disagreements.any()
    assert not claims.without([0]).disagreements.any()
    assert claims.without([0]).speakers.tolist() == [False, True]


def test_trust_is_what_is_left():
    verdict = Verdict(4, convicted={1: "lied"}, absent={3: "silent"})
    assert verdict.trusted.tolist() == [True, False, True, False]
    assert Verdict(2).trusted.tolist() == [True, True]


def test_after_adds_what_came_to_light_and_keeps_the_first_reason():
    before = Verdict(5, {1: "lied"}, {3: "silent"}, overwhelmed=True, audited=(4, 2), note="ledger")
    after = before.after(CommitmentBroken({1: "again", 2: "caught"}, {3: "again", 4: "gone"}))
    assert after.convicted == {1: "lied", 2: "caught"}
    assert after.absent == {3: "silent", 4: "gone"}
    assert after.overwhelmed
    assert (after.audited, after.note) == ((4, 2), "ledger")
    assert before.convicted == {1: "lied"}


def test_sources_keep_what_is_not_dropped():
    assert Sources(np.array([2, DROPPED, 0, DROPPED])).kept.tolist() == [0, 2]


def test_vectors_are_one_workers_each_only_where_nobody_else_and_nothing_else_is():
    assert sole_holders(np.array([[3], [0], [2]])).tolist() == [3, 0, 2]
    assert sole_holders(np.array([[3], [0], [3]])) is None
    assert sole_holders(np.array([[0, 1], [2, 3]])) is None


def test_caught_says_who():
    assert "caught {2: 'bad row'}, missing {3: 'timeout'}" in str(
        CommitmentBroken({2: "bad row"}, {3: "timeout"})
    )
