"""Recomputation settles disputes whatever the number of liars, and convicts no honest worker."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import hearing_of, plan_of, told

from robusttrain.defense.detector.audit import Audit, AuditState
from robusttrain.defense.detector.clique import Clique
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.detector.none import NoDetector
from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.threat.target.majority import Majority as MajorityTarget
from robusttrain.threat.target.unopposed import Unopposed
from robusttrain.types import SILENT, Hearing, Plan, Verdict

FIFTEEN = plan_of(Subset(3).teams(15))


def audit(budget: int | None = None, random: int = 0, inner=None) -> Audit:
    return Audit(inner or NoDetector(), budget, random)


def forged(hearing: Hearing, said: np.ndarray, verdict: Verdict) -> int:
    """The tasks whose vote is won by a lie."""
    sources = Majority().choose(hearing.claims, verdict).workers
    return int((said[hearing.plan.teams == sources[:, None]] > 0).sum())


@pytest.mark.parametrize("inner", [NoDetector(), Cover(False), Clique(False)])
@pytest.mark.parametrize("q", [3, 5, 7])
def test_the_optimal_attack_ends_with_at_most_q_recomputations(q, inner):
    for seed in range(12):
        liars = np.random.default_rng(seed).permutation(15)[:q].tolist()
        said = told(FIFTEEN.teams, 15, liars, Disagreement(None))
        hearing = hearing_of(FIFTEEN, said, q)
        assert forged(hearing, said, inner.inspect(hearing)) == comb(2 * q, 3) // 2
        verdict = audit(inner=inner).inspect(hearing)
        assert set(verdict.convicted) == set(liars)
        assert forged(hearing, said, verdict) == 0
        assert verdict.audited == tuple(hearing.recompute.asked)
        assert 1 <= len(hearing.recompute.asked) <= q
        assert not verdict.overwhelmed
        assert not verdict.absent


@pytest.mark.parametrize("target", [All(), Disagreement(None), Disagreement(2), MajorityTarget()])
@pytest.mark.parametrize("assumed", [0, 1, 3])
def test_a_majority_of_liars_is_convicted_too(target, assumed):
    """Five of seven: every set of them. Who lied where an honest worker looks is found."""
    plan = plan_of(Subset(3).teams(7))
    for liars in combinations(range(7), 5):
        said = told(plan.teams, 7, liars, target)
        seen = {
            int(w)
            for team, words in zip(plan.teams, said, strict=True)
            if 0 in words
            for w in team[words > 0]
        }
        hearing = hearing_of(plan, said, assumed)
        verdict = audit().inspect(hearing)
        assert set(verdict.convicted) == seen <= set(liars)
        assert verdict.overwhelmed == (len(seen) > assumed)
        assert len(hearing.recompute.asked) <= len(seen)
        alone = said.all(axis=1)
        assert (
            forged(hearing, said, verdict)
            == (alone & ~np.isin(plan.teams, [*seen]).any(axis=1)).sum()
        )


words = st.sampled_from([SILENT, 0, 0, 0, 1, 2, 3])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Plan, np.ndarray, set[int]]:
    """Any liars, also all, who say anything or nothing; the honest say 0 or nothing at all."""
    schemes = [Subset(3).teams(5), Subset(3).teams(7), Subset(4).teams(6), Repetition(3).teams(6)]
    plan = plan_of(draw(st.sampled_from(schemes)))
    liars = draw(st.sets(st.integers(0, plan.workers - 1)))
    mute = draw(st.sets(st.integers(0, plan.workers - 1), max_size=2)) - liars
    size = int(np.isin(plan.teams, [*liars]).sum())
    said = np.zeros(plan.teams.shape, dtype=int)
    said[np.isin(plan.teams, [*liars])] = draw(st.lists(words, min_size=size, max_size=size))
    said[np.isin(plan.teams, [*mute])] = SILENT
    return plan, said, liars


@settings(max_examples=300)
@given(scenes(), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 4)), st.integers(0, 4))
def test_no_honest_worker_is_convicted_whatever_the_liars_say(scene, assumed, budget, random):
    plan, said, liars = scene
    hearing = hearing_of(plan, said, assumed)
    verdict = audit(budget, random).inspect(hearing)
    assert set(verdict.convicted) <= liars
    assert set(verdict.absent) <= {w for w in range(plan.workers) if not hearing.claims.speakers[w]}
    assert not set(verdict.convicted) & set(verdict.absent)
    assert verdict.overwhelmed == (len(verdict.convicted) > assumed)
    assert verdict.audited == tuple(hearing.recompute.asked)
    assert (
        len(set(hearing.recompute.asked))
        == len(hearing.recompute.asked)
        <= (budget or len(liars)) + random
    )
    left = np.where(verdict.trusted[plan.teams], said, SILENT)
    if budget is None:
        for words in left:
            assert len({w for w in words.tolist() if w >= 0}) <= 1
        assert len(hearing.recompute.asked) <= len(verdict.convicted) + random


@settings(max_examples=100)
@given(scenes(), st.integers(0, 3))
def test_a_lie_that_was_recomputed_is_not_believed(scene, random):
    """Everyone who said what the truth of an audited task is not is convicted, and only they."""
    plan, said, _ = scene
    hearing = hearing_of(plan, said, 3)
    verdict = audit(None, random).inspect(hearing)
    proved = set()
    for task in verdict.audited:
        proved |= set(plan.teams[task][said[task] > 0].tolist())
    assert set(verdict.convicted) == proved


def test_a_three_way_split_where_nobody_tells_the_truth_convicts_all_three():
    plan = plan_of(Subset(3).teams(5))
    said = np.zeros(plan.teams.shape, dtype=int)
    said[0] = [1, 2, 3]
    hearing = hearing_of(plan, said, 2)
    verdict = audit().inspect(hearing)
    assert sorted(verdict.convicted) == [0, 1, 2]
    assert verdict.convicted[0] == "task 0 recomputed: it lied"
    assert hearing.recompute.asked == [0]
    assert verdict.overwhelmed


@pytest.mark.parametrize("inner", [NoDetector(), Cover(False), Clique(False)])
def test_with_no_budget_it_is_its_inner_detector(inner):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        lying = np.isin(FIFTEEN.teams, rng.permutation(15)[: rng.integers(0, 6)])
        said = lying * rng.integers(0, 3, size=lying.shape)
        hearing = hearing_of(FIFTEEN, said, 4)
        assert audit(0, inner=inner).inspect(hearing) == inner.inspect(hearing)
        assert hearing.recompute.asked == []


def test_what_the_budget_leaves_is_up_to_the_inner_detector():
    """0 to 3 lie about all they hold; one audit proves some, and `cover` is told of fewer."""
    told_to = []

    class Ear(Cover):
        def inspect(self, hearing):
            told_to.append(hearing)
            return super().inspect(hearing)

    said = told(FIFTEEN.teams, 15, range(4), All())
    hearing = hearing_of(FIFTEEN, said, 4)
    verdict = audit(1, inner=Ear(False)).inspect(hearing)
    assert len(verdict.audited) == len(hearing.recompute.asked) == 1
    proved = set(FIFTEEN.teams[hearing.recompute.asked[0]].tolist()) & {0, 1, 2, 3}
    assert {w for w, why in verdict.convicted.items() if "recomputed" in why} == proved
    assert sorted(verdict.convicted) == [0, 1, 2, 3]
    (inner,) = told_to
    assert inner.byzantine == 4 - len(proved)
    assert inner.plan.evicted == inner.claims.plan.evicted | proved == proved
    assert not inner.claims.speakers[[*proved]].any()
    assert inner.claims.speakers[[w for w in range(15) if w not in proved]].all()


def test_the_budget_is_spent_on_disputes_and_random_audits_come_on_top():
    said = told(FIFTEEN.teams, 15, range(7), Disagreement(None))
    for budget, random in ((1, 0), (2, 3), (0, 5)):
        hearing = hearing_of(FIFTEEN, said, 7)
        verdict = audit(budget, random).inspect(hearing)
        assert len(verdict.audited) == len(set(verdict.audited)) == budget + random
        disputed = set(AuditState(hearing_of(FIFTEEN, said, 7)).disputed().tolist())
        assert set(verdict.audited[:budget]) <= disputed


def test_a_ledger_is_not_misled_by_those_that_were_caught_since():
    """5 differs from 0, then from 1, of whom an audit has proved 0: it is not 5 who lied twice."""
    plan = plan_of(Subset(2).teams(6))
    inner = Cover(ledger=True)

    def lies(pairs: list[tuple[int, int]]) -> np.ndarray:
        """The first of each pair lies to the second."""
        teams = plan.teams.tolist()
        return np.array([[(w, sum(team) - w) in pairs for w in team] for team in teams]).astype(int)

    assert not audit(0, inner=inner).inspect(hearing_of(plan, lies([(0, 5)]), 2)).convicted
    later = hearing_of(replace(plan, step=1), lies([(0, 2), (0, 3), (0, 4), (1, 5)]), 2)
    verdict = audit(1, inner=inner).inspect(later)
    assert set(verdict.convicted) == {0}
    assert not verdict.overwhelmed
    assert verdict.note == ""


@pytest.mark.parametrize("random", [1, 4, 20])
def test_random_audits_find_lies_that_nobody_disputes(random):
    """U = C(4, 3) tasks of liars only: missed with probability C(f - U, m) / C(f, m)."""
    plan = plan_of(Subset(3).teams(7))
    said = told(plan.teams, 7, [1, 2, 4, 6], Unopposed())
    assert said.all(axis=1).sum() == 4
    draws = 400
    hits = 0
    for seed in range(draws):
        hearing = hearing_of(plan, said, 3, seed)
        verdict = audit(None, random).inspect(hearing)
        assert len(set(verdict.audited)) == random
        hit = said[list(verdict.audited)].any()
        assert bool(verdict.convicted) == hit
        assert set(verdict.convicted) <= {1, 2, 4, 6}
        hits += hit
    p = 1 - comb(31, random) / comb(35, random)
    assert abs(hits / draws - p) < 4 * (p * (1 - p) / draws) ** 0.5


def test_random_audits_choose_every_task_that_was_heard_alike_and_no_other():
    """Worker 0 says nothing and is alone with task 0; 2 and 3 dispute task 2; q is 1."""
    plan = plan_of([[0, 5], [1, 2], [2, 3], [1, 4], [0, 4]])
    said = np.array([[SILENT, SILENT], [0, 0], [0, 1], [0, 0], [SILENT, 0]])
    counts = Counter()
    for seed in range(300):
        verdict = audit(0, 1).inspect(hearing_of(plan, said, 1, seed))
        counts.update(verdict.audited)
    assert set(counts) == {1, 3, 4}
    assert max(counts.values()) - min(counts.values()) < 45
    verdict = audit(None, 99).inspect(hearing_of(plan, said, 1))
    assert verdict.audited == (2, 1, 3, 4)
    assert set(verdict.absent) == {0, 5}


def test_a_drawn_audit_of_the_same_randomness_is_the_same():
    said = told(FIFTEEN.teams, 15, range(5), Disagreement(None))
    hearings = (hearing_of(FIFTEEN, said, 5, seed) for seed in (1, 1, 2))
    first, again, other = map(audit(None, 5).inspect, hearings)
    assert first == again
    assert first.audited != other.audited
    assert first.convicted.keys() == other.convicted.keys()


def test_disputes_by_hand():
    """All alike, two differ, one is silent, all but one silent, a silent first, three words."""
    s = SILENT
    said = [[0, 0, 0], [0, 0, 1], [s, 0, 0], [s, s, 1], [s, 0, 1], [2, 1, 0]]
    state = AuditState(hearing_of(plan_of([[0, 1, 2]] * 6), said, 1))
    assert state.disputed().tolist() == [1, 4, 5]


def test_gain_is_greatest_where_the_outcome_settles_most():
    """9 differs from 0 to 3 on four tasks; 4 and 5 differ on one, of no consequence elsewhere."""
    plan = plan_of([[0, 9, 6], [1, 9, 7], [2, 9, 8], [3, 9, 6], [4, 5, 8], [6, 7, 8]])
    said = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]])
    state = AuditState(hearing_of(plan, said, 2))
    disputed = state.disputed()
    assert disputed.tolist() == [0, 1, 2, 3, 4]
    gain = state.gain(disputed)
    assert gain.argmin() == 4
    assert min(gain[:4]) > gain[4]
    hearing = hearing_of(plan, said, 2)
    verdict = audit(1).inspect(hearing)
    assert set(verdict.convicted) == {9}
    assert len(hearing.recompute.asked) == 1


def test_gain_by_hand():
    """p = 2/10, odds 1/4, of a two-to-one split: 4/5 that the pair is right, 1/5 the single."""
    plan = plan_of([[0, 1, 2], [2, 3, 4]], workers=10)
    said = np.array([[0, 0, 1], [1, 0, 0]])
    gain = AuditState(hearing_of(plan, said, 2)).gain(np.array([0, 1]))
    # Worker 2 is in both disputes, all others in one: settled are 2, or 1 + 1.
    assert gain == pytest.approx([0.8 * 2 + 0.2 * 2, 0.8 * 2 + 0.2 * 2])
    said = np.array([[0, 1, 1], [1, 0, 0]])
    gain = AuditState(hearing_of(plan, said, 2)).gain(np.array([0, 1]))
    assert gain == pytest.approx([0.8 * 1 + 0.2 * 3, 0.8 * 2 + 0.2 * 2])


def test_the_convicted_are_not_listed_as_absent_and_the_silent_are():
    said = told(FIFTEEN.teams, 15, [3, 8], All())
    said[FIFTEEN.teams == 5] = SILENT
    for inner in (NoDetector(), Cover(False)):
        verdict = audit(inner=inner).inspect(hearing_of(FIFTEEN, said, 3))
        assert set(verdict.convicted) == {3, 8}
        assert verdict.absent == {5: "silent"}


def test_shadows_are_neither_disputed_nor_audited():
    """Worker 3 is on probation and says what nobody else does; nothing is recomputed."""
    plan = plan_of([[0, 1, 2]] * 3, workers=4, shadows=[(3, 0), (3, 2)], evicted=[3])
    said = np.zeros((3, 3), dtype=int)
    hearing = hearing_of(plan, said, 1, shadows=[1, 1])
    assert audit(inner=Cover(False)).inspect(hearing) == Verdict(4)
    assert hearing.recompute.asked == []


def test_without_redundancy_random_audits_are_all_there_is():
    plan = plan_of(Single().teams(6))
    said = np.array([0, 1, 0, 0, 1, 0])[:, None]
    assert not audit().inspect(hearing_of(plan, said, 2)).convicted
    assert sorted(audit(None, 6).inspect(hearing_of(plan, said, 2)).convicted) == [1, 4]


@pytest.mark.parametrize("inner", [NoDetector(), Cover(False), Clique(False)])
def test_it_concedes_only_what_liars_hold_alone_if_all_disputes_are_settled(inner):
    assert audit(None, inner=inner).concedes == "unanimous"
    assert audit(3, inner=inner).concedes == inner.concedes
    assert audit(0, inner=inner).concedes == inner.concedes


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((-1, 0), r"audit\.budget=-1 must be a whole number >= 0; use null"),
        ((None, -2), r"audit\.random=-2 must be a whole number >= 0; use 0"),
    ],
)
def test_refuses_negative_numbers(numbers, words):
    with pytest.raises(ValueError, match=words):
        Audit(NoDetector(), *numbers)
