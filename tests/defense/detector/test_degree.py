"""Degree: the published rule, its numbers, and what it takes when liars change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.combinatorics.vertex_cover import forced
from robusttrain.defense.detector import degree
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.detector.degree import Degree
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.threat.target.majority import Majority

PUBLISHED = {"changes": 0, "rule": "degree"}
VARIANTS = [{"changes": c, "rule": r} for c in (0, 1) for r in ("degree", "cover")]


@pytest.fixture
def steps(hear, forge, sts15):
    """(detector, who(step) -> liars, n, ...) -> [(liars, convicted)] of n steps on STS(15)."""

    def play(detector, who, n, byzantine, permute=True, target=None, seed=0):
        rng, told = np.random.default_rng(seed), []
        for step in range(n):
            relabel = rng.permutation(15) if permute else np.arange(15)
            teams, liars = np.sort(relabel[sts15], axis=1), who(step)
            said = forge(teams, liars, target or Majority())
            verdict = detector.inspect(hear(teams, said, byzantine, step=step))
            told.append((set(liars), set(verdict.convicted)))
        return told

    return play


def drawn(seed: int, byzantine: int, every: int):
    """Fresh liars each `every` steps."""
    return lambda step: (
        np.random.default_rng((seed, step // every)).choice(15, byzantine, replace=False).tolist()
    )


def literal(steps_graphs: list[np.ndarray], byzantine: int) -> set[int]:
    """As released: the last q of those whose degree of agreement fell below K - q - 1."""
    agreed, found = ~np.any(steps_graphs, axis=0), []
    for w, row in enumerate(agreed):
        if row.sum() - 1 < len(agreed) - byzantine - 1:
            found.append(w)
    return set(found[-byzantine:])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0, 0, 1, "cover"), "detector.window=0"),
        ((5, 5, 1, "cover"), "detector.offset=5"),
        ((5, -1, 1, "cover"), "detector.offset=-1"),
        ((5, 0, 2, "cover"), "detector.changes=2"),
        ((5, 0, 1, "clique"), "detector.rule=clique"),
    ],
)
def test_arguments_are_checked(arguments, named):
    with pytest.raises(ValueError, match=named):
        Degree(*arguments)


@pytest.mark.parametrize("byzantine", [2, 5])
def test_the_published_rule_to_the_letter(byzantine, hear, forge, sts15):
    """While liars stay the same, where no more than q can be found."""
    rng, graphs, detector = np.random.default_rng(7), [], Degree(50, 0, **PUBLISHED)
    for step in range(12):
        teams = np.sort(rng.permutation(15)[sts15], axis=1)
        hearing = hear(teams, forge(teams, range(byzantine), Majority()), byzantine, step=step)
        graphs.append(hearing.claims.disagreements)
        assert set(detector.inspect(hearing).convicted) == literal(graphs, byzantine)
    assert len(literal(graphs, byzantine)) == byzantine


@pytest.mark.parametrize(("byzantine", "median"), [(2, 3), (3, 3), (5, 4), (6, 4), (7, 8)])
def test_all_liars_are_found_after_a_few_steps_if_plans_change(byzantine, median, steps):
    """Median steps until all are found, aligned windows; the cover rule takes no longer."""
    delays = {}
    for rule in ("degree", "cover"):
        delays[rule] = []
        for seed in range(15):
            who = drawn(seed, byzantine, 50)
            told = steps(Degree(50, 0, 0, rule), who, 18, byzantine, seed=seed)
            delays[rule].append(next(i for i, (liars, out) in enumerate(told, 1) if out == liars))
    assert abs(np.median(delays["degree"]) - median) <= 1
    assert np.median(delays["cover"]) <= np.median(delays["degree"])


@pytest.mark.parametrize("byzantine", [2, 5, 7])
def test_under_a_fixed_plan_majority_liars_are_never_found(byzantine, steps):
    for seed in range(5):
        who = drawn(seed, byzantine, 50)
        told = steps(Degree(50, 0, **PUBLISHED), who, 20, byzantine, permute=False, seed=seed)
        assert not any(out for _, out in told)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_liars_with_the_same_q_enemies_are_never_found(variant, steps):
    told = steps(Degree(50, 0, **variant), lambda _: range(5), 20, 5, target=Disagreement(5))
    assert not any(out for _, out in told)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(VARIANTS), st.integers(0, 1000), st.integers(1, 6), st.integers(0, 19))
def test_no_wrong_conviction_under_the_stated_assumption(
    hear, forge, sts15, variant, seed, byzantine, change
):
    """Liars lie at random; they may change at `change`, in windows of ten, if that is assumed."""
    rng, ever = np.random.default_rng(seed), set()
    detector, liars = Degree(10, 0, **variant), rng.choice(15, byzantine, replace=False)
    for step in range(20):
        if step == change and (variant["changes"] or step % 10 == 0):
            liars = rng.choice(15, byzantine, replace=False)
        ever = set(liars) | (set() if step % 10 == 0 else ever)
        teams = np.sort(rng.permutation(15)[sts15], axis=1)
        said = np.isin(teams, liars) & (rng.random((35, 3)) < 0.4)
        hearing = hear(teams, said * rng.integers(1, 3, (35, 3)), byzantine, step=step)
        verdict = detector.inspect(hearing)
        assert set(verdict.convicted) <= ever
        assert (verdict.overwhelmed, verdict.note) == (False, "")
        if variant["rule"] == "cover":
            assert set(Cover(False).inspect(hearing).convicted) <= set(verdict.convicted)


def test_liars_that_change_unaligned_get_honest_workers_convicted_as_published(steps):
    """T_adv = 50, T_d = 15, as in the released driver; ours convicts nobody who never lied."""
    wrong = {"published": 0, "ours": 0}
    for seed in range(4):
        graphs = []
        detector = Degree(15, 0, 1, "cover")

        class Spy:
            def inspect(self, hearing, detector=detector, graphs=graphs):
                graphs.append(hearing.claims.disagreements)
                return detector.inspect(hearing)

        told = steps(Spy(), drawn(seed, 5, 50), 120, 5, seed=seed)
        for step, (_, out) in enumerate(told):
            start = step // 15 * 15
            ever = set().union(*(liars for liars, _ in told[start : step + 1]))
            wrong["published"] += len(literal(graphs[start : step + 1], 5) - ever)
            wrong["ours"] += len(out - ever)
    assert wrong["published"] / 480 > 0.1
    assert wrong["ours"] == 0


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_more_changes_than_assumed_leave_each_step_to_itself(variant, hear, forge, sts15):
    """Loud liars, new ones in each step: the window has no explanation, the step has."""
    detector, alone = Degree(50, 0, **variant), Cover(ledger=False)
    for step in range(4):
        liars = range(3 * step, 3 * step + 3)
        hearing = hear(sts15, forge(sts15, liars, All()), 3, step=step)
        verdict = detector.inspect(hearing)
        assert not verdict.overwhelmed
        if step > variant["changes"]:
            assert "changed" in verdict.note
            assert set(verdict.convicted) == set(liars) == set(alone.inspect(hearing).convicted)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_more_liars_than_assumed_overwhelm(variant, hear, forge, sts15):
    verdict = Degree(50, 0, **variant).inspect(hear(sts15, forge(sts15, range(5), All()), 3))
    assert (verdict.overwhelmed, dict(verdict.convicted)) == (True, {})


def test_a_window_begins_at_its_offset(hear):
    """Worker 0 differs from one worker a step; with q = 1, two of them convict."""
    detector = Degree(3, 2, **PUBLISHED)
    convicted = []
    for step in range(6):
        hearing = hear([[0, 1 + step]], [[1, 0]], 1, workers=8, step=step)
        convicted.append(list(detector.inspect(hearing).convicted))
    assert convicted == [[], [0], [], [0], [0], []]


def test_a_change_must_be_ruled_out_on_one_side_or_the_other(hear):
    """Two of three disagreements with 0 fall on one side of any cut only if there are three."""
    detector, convicted = Degree(50, 0, 1, "degree"), []
    for step in range(3):
        hearing = hear([[0, 1 + step]], [[1, 0]], 1, workers=8, step=step)
        convicted.append(list(detector.inspect(hearing).convicted))
    assert convicted == [[], [], [0]]


def test_a_step_that_is_told_again_replaces_what_it_said(hear):
    detector = Degree(50, 0, **PUBLISHED)
    detector.inspect(hear([[0, 1]], [[1, 0]], 1, workers=4, step=0))
    detector.inspect(hear([[0, 2]], [[1, 0]], 1, workers=4, step=1))
    again = hear([[0, 2]], [[0, 0]], 1, workers=4, step=1)
    assert not detector.inspect(again).convicted


def test_steps_after_the_one_that_is_told_do_not_count(hear):
    """A run that went back to an earlier step."""
    detector = Degree(50, 0, **PUBLISHED)
    for step in (2, 1, 0):
        verdict = detector.inspect(hear([[0, 1 + step]], [[1, 0]], 1, workers=4, step=step))
        assert not verdict.convicted


def test_a_search_cut_short_is_said(hear, monkeypatch):
    hearing = hear([[0, 1], [1, 2], [2, 3], [3, 4], [0, 4]], [[0, 1]] * 5, 4)
    assert Degree(50, 0, 1, "cover").inspect(hearing).note == ""
    monkeypatch.setattr(degree, "forced", lambda graph, q: forced(graph, q, effort=3))
    verdict = Degree(50, 0, 1, "cover").inspect(hearing)
    assert "cut short" in verdict.note
    assert not verdict.convicted


def test_disputes_with_the_evicted_do_not_count(hear):
    detector = Degree(50, 0, **PUBLISHED)
    for step, pair in enumerate([[0, 1], [0, 2], [0, 3]]):
        evicted = {1, 2} if step == 2 else ()
        verdict = detector.inspect(hear([pair], [[1, 0]], 1, workers=5, step=step, evicted=evicted))
        assert list(verdict.convicted) == ([0] if step == 1 else [])


def test_it_says_what_its_convictions_are_worth():
    """After a change, q workers may be convicted while q others lie: no ground for a mean."""
    assert [Degree(5, 0, c, "cover").current for c in (0, 1)] == [True, False]
    assert [Degree(5, 0, 1, rule).concedes for rule in ("degree", "cover")] == [
        "voted",
        "undetected",
    ]
