"""The server's decisions from claims to direction, without ranks, models or transport."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
import torch
from support import claims_of, hearing_of, plan_of, told
from torch import Tensor

from robusttrain.certificate.exposure import exposure
from robusttrain.certificate.scheme import Scheme
from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.aggregator.fl_trust import FlTrust
from robusttrain.defense.aggregator.fools_gold import FoolsGold
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.monna import Monna
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.defense import Defense, Outcome
from robusttrain.defense.detector.audit import Audit
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.detector.clique import Clique
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.detector.degree import Degree
from robusttrain.defense.detector.none import NoDetector
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.arc import Arc
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.by_source import BySource
from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.threat.target.majority import Majority as MajorityTarget
from robusttrain.types import (
    DROPPED,
    NOBODY,
    SILENT,
    CommitmentBroken,
    Plan,
    Sources,
    Verdict,
)

SINGLE = plan_of(np.array([[3], [0], [4], [1], [2], [5]]))  # worker 3 has task 0
FIVE, FIFTEEN = plan_of(Subset(3).teams(5)), plan_of(Subset(3).teams(15))


class Pull:
    """Row t is t squared, or their means; raises what is in `events`, one per pull, mid-stream."""

    def __init__(self, *events: CommitmentBroken) -> None:
        self.events, self.asked = list(events), []

    def __call__(self, sources: Sources, parts=None) -> Iterator[Tensor]:
        self.asked.append(sources.workers)
        block = torch.from_numpy(sources.kept).float()[:, None] ** 2
        if parts is not None:
            block = torch.stack([block[part].mean(dim=0) for part in parts])
        yield block
        if self.events:
            raise self.events.pop(0)
        yield -block


def defense(
    detector: Detector,
    byzantine: int = 2,
    aggregator: Rule | None = None,
    mean_when_certain: bool = True,
    stages: tuple[PreAggregator, ...] = (),
    evicted: int = 0,
) -> Defense:
    rule, assumed = aggregator or Median(), byzantine + evicted
    pipeline = Pipeline(rule, stages)
    return Defense(byzantine, assumed, evicted, mean_when_certain, detector, Majority(), pipeline)


def unasked(tasks: np.ndarray) -> np.ndarray:
    raise AssertionError(f"nobody audits, yet tasks {tasks} were to be recomputed")


def honest(said: np.ndarray, asked: list[int]):
    """Recomputes the truth, 0, and notes what it was asked."""

    def recompute(tasks: np.ndarray) -> np.ndarray:
        asked.extend(tasks.tolist())
        same = said[tasks] == 0
        return np.where(same.any(axis=1), same.argmax(axis=1), NOBODY)

    return recompute


def settle(
    judge: Defense, said: np.ndarray, pull: Pull | None = None, plan: Plan = FIVE, recompute=unasked
) -> Outcome:
    rng = np.random.default_rng(0)
    return judge.settle(claims_of(plan, said), recompute, pull or Pull(), rng)


def distorted(plan: Plan, said: np.ndarray, outcome: Outcome) -> int:
    pulled = plan.teams == outcome.sources.workers[:, None]
    return int((said[pulled] > 0).sum())


# Teams of K=5, r=3: 0:012 1:013 2:014 3:023 4:024 5:034 6:123 7:124 8:134 9:234. A string is
# what a team's holders say, "." nothing. Last: the holders that may send each
# task ("." for none), and how many rows the busiest sends at least.
GOLDEN = {
    # 0 and 1 lie about all they hold: each differs from 2, 3 and 4, more than q = 2.
    "overt": (
        "110 110 110 100 100 100 100 100 100 000",
        [(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)],
        [0, 1],
        "2 3 4 23 24 34 23 24 34 234",
        4,
    ),
    # They lie about 012, 013, 023 and 123: {0, 1} or {2, 3} lied, so nobody is convicted.
    "optimal": (
        "110 110 000 100 000 000 100 000 000 000",
        [(0, 2), (0, 3), (1, 2), (1, 3)],
        [],
        "01 01 014 23 024 034 23 124 134 234",
        2,
    ),
    # 0 lies about 012 and 034 and differs from all, 1 says nothing: 0 is out, 012 has one voice.
    "silent": (
        "1.0 0.0 0.0 000 000 100 .00 .00 .00 000",
        [(0, 2), (0, 3), (0, 4)],
        [0],
        "2 3 4 23 24 34 23 24 34 234",
        4,
    ),
    # All three holders of 012 differ and nothing else does: two of them lied, nobody knows which.
    "riddle": (
        "012 000 000 000 000 000 000 000 000 000",
        [(0, 1), (0, 2), (1, 2)],
        [],
        ". 013 014 023 024 034 123 124 134 234",
        2,
    ),
}


def spoken(text: str) -> np.ndarray:
    return np.array([[SILENT if c == "." else int(c) for c in team] for team in text.split()])


@pytest.mark.parametrize("name", GOLDEN)
def test_claims_to_sources_by_hand(name):
    text, differ, convicted, able, most = GOLDEN[name]
    pairs = np.argwhere(np.triu(claims_of(FIVE, spoken(text)).disagreements))
    assert [tuple(pair) for pair in pairs.tolist()] == differ
    outcome = settle(defense(Cover(False)), spoken(text))
    assert sorted(outcome.verdict.convicted) == convicted
    assert sorted(outcome.verdict.absent) == ([1] if name == "silent" else [])
    sources = outcome.sources.workers
    words = ["." if worker == DROPPED else str(worker) for worker in sources]
    assert all(w in may for w, may in zip(words, able.split(), strict=True))
    assert np.bincount(sources[outcome.sources.kept]).max() == most


@pytest.mark.parametrize("detector", [Cover, Clique])
@pytest.mark.parametrize(
    ("byzantine", "lost"), [(2, 2), (3, 10), (4, 28), (5, 60), (6, 110), (7, 182)]
)
def test_optimal_attack_wins_what_was_published(detector, byzantine, lost):
    said = told(FIFTEEN.teams, 15, range(1, 2 * byzantine, 2), Disagreement(None))
    outcome = settle(defense(detector(False), byzantine), said, plan=FIFTEEN)
    assert not outcome.verdict.convicted
    assert len(outcome.sources.kept) == 455
    assert distorted(FIFTEEN, said, outcome) == lost


@pytest.mark.parametrize("byzantine", [2, 3, 5, 7])
def test_an_audit_ends_the_optimal_attack_and_the_mean_is_taken(byzantine):
    liars, asked = list(range(1, 2 * byzantine, 2)), []
    said = told(FIFTEEN.teams, 15, liars, Disagreement(None))
    judge = defense(Audit(Cover(False), None, 0), byzantine)
    outcome = settle(judge, said, plan=FIFTEEN, recompute=honest(said, asked))
    assert sorted(outcome.verdict.convicted) == liars
    assert outcome.verdict.audited == tuple(asked)
    assert len(asked) <= byzantine
    assert distorted(FIFTEEN, said, outcome) == 0
    assert judge.chosen(outcome.verdict) == Pipeline(Mean())


@pytest.mark.parametrize("detector", [Cover, Clique])
@pytest.mark.parametrize("byzantine", [2, 3, 5, 7])
def test_loud_attack_loses_the_tasks_that_only_liars_hold(detector, byzantine):
    liars = list(range(15 - byzantine, 15))
    said = told(FIFTEEN.teams, 15, liars, All())
    outcome = settle(defense(detector(False), byzantine), said, plan=FIFTEEN)
    assert sorted(outcome.verdict.convicted) == liars
    assert distorted(FIFTEEN, said, outcome) == 0
    assert (outcome.sources.workers == DROPPED).sum() == comb(byzantine, 3)


@pytest.mark.parametrize("byzantine", [2, 3, 4, 5, 6, 7])
def test_without_detection_every_task_with_two_liars_is_lost(byzantine):
    said = told(FIFTEEN.teams, 15, range(byzantine), MajorityTarget())
    outcome = settle(defense(NoDetector(), byzantine), said, plan=FIFTEEN)
    expected = sum(comb(byzantine, i) * comb(15 - byzantine, 3 - i) for i in (2, 3))
    assert distorted(FIFTEEN, said, outcome) == expected
    assert byzantine != 3 or expected == 37


def test_no_colluding_choice_of_lies_wins_more_than_two_tasks_of_five_workers():
    """All pairs of liars and all sets of tasks that they forge together, against cover."""
    worst = 0
    for liars in combinations(range(5), 2):
        lying = np.isin(FIVE.teams, liars)
        within = np.flatnonzero(lying.any(axis=1))
        for chosen in product([False, True], repeat=len(within)):
            said = np.zeros(FIVE.teams.shape, dtype=int)
            said[within] = lying[within] & np.array(chosen)[:, None]
            hearing = hearing_of(FIVE, said, 2)
            verdict = Cover(False).inspect(hearing)
            assert hearing.recompute.asked == []
            assert set(verdict.convicted) <= set(liars)
            assert not verdict.overwhelmed
            trusted = verdict.trusted[FIVE.teams]
            won = 2 * ((said > 0) & trusted).sum(axis=1) > trusted.sum(axis=1)
            worst = max(worst, int(won.sum()))
    assert worst == Subset(3).undetected(5, 2).count == 2


@pytest.mark.parametrize("detector", [Cover, Clique])
@pytest.mark.parametrize("actual", range(6))
def test_fewer_overt_liars_than_assumed_win_no_more_than_the_rule_is_told(detector, actual):
    """Five are assumed: what the first stage lets through must fit the `f` made for the rule."""
    said = told(FIFTEEN.teams, 15, range(actual), MajorityTarget())
    judge = defense(detector(False), 5)
    exposed = exposure(Scheme(Subset(3), 15, tuple(range(15)), 5), judge, Digest())
    won = distorted(FIFTEEN, said, settle(judge, said, plan=FIFTEEN))
    assert won <= exposed.forged.ceiling == exposed.bad


def squares(kept: list[int], rule: Rule) -> list[float]:
    column = torch.tensor(kept).float()[:, None] ** 2
    return [rule(column).item(), rule(-column).item()]


HONEST = np.zeros(FIVE.teams.shape, dtype=int)
SOLE = np.zeros(SINGLE.teams.shape, dtype=int)
ALL = list(range(10))


def test_the_direction_is_the_rule_over_all_blocks_of_the_pulled_rows():
    outcome = settle(defense(Cover(False)), HONEST)
    assert outcome.direction.tolist() == squares(ALL, Median())
    assert outcome.note == ""


def test_pre_aggregators_come_first():
    outcome = settle(defense(Cover(False), stages=(Bucketing(1),)), HONEST)
    assert outcome.direction.tolist() == pytest.approx(squares(ALL, Mean()))


def test_whoever_is_caught_is_out_and_the_pull_is_tried_again():
    pull = Pull(
        CommitmentBroken({2: "broke its word"}, {4: "timeout"}),
        CommitmentBroken({}, {0: "timeout"}),
    )
    outcome = settle(defense(Cover(False)), HONEST, pull)
    assert outcome.verdict.convicted == {2: "broke its word"}
    assert outcome.verdict.absent == {4: "timeout", 0: "timeout"}
    assert [set(asked) & {0, 2, 4} for asked in pull.asked] == [{0, 2, 4}, {0}, set()]
    assert outcome.sources.workers[4] == DROPPED  # 0, 2 and 4 are the ones that hold task 4
    assert outcome.direction.tolist() == squares([t for t in ALL if t != 4], Median())


def test_ends_after_at_most_k_retries_when_every_pull_fails():
    class Hostile(Pull):
        def __call__(self, sources: Sources, parts=None) -> Iterator[Tensor]:
            self.events = [CommitmentBroken({int(sources.workers[sources.kept[-1]]): "again"}, {})]
            return super().__call__(sources, parts)

    pull = Hostile()
    outcome = settle(defense(Cover(False)), HONEST, pull)
    assert outcome.direction is None
    assert outcome.note == "no task has a trusted majority"
    assert len(pull.asked) == len(outcome.verdict.convicted) == 5


def test_nothing_is_pulled_when_nobody_spoke():
    pull = Pull()
    outcome = settle(defense(Cover(False)), np.full_like(HONEST, SILENT), pull)
    assert outcome.direction is None
    assert outcome.note == "no task has a trusted majority"
    assert pull.asked == []
    assert sorted(outcome.verdict.absent) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("rule", "stages"), [(Krum(4), ()), (Krum(1), (Bucketing(4),))], ids=["tasks", "buckets"]
)
def test_too_few_rows_for_the_rule_skip_the_step_with_its_reason(rule, stages):
    pull = Pull()
    outcome = settle(defense(Cover(False), aggregator=rule, stages=stages), HONEST, pull)
    assert outcome.direction is None
    assert outcome.note.startswith("krum needs n >= 2f+3; got n=")
    assert pull.asked == []


@pytest.mark.parametrize(
    ("rule", "stages", "plan", "words"),
    [
        (Krum(1), (Arc(6),), FIVE, "arc needs n >= 2f+1; got n=10, f=6"),
        (Monna(2, 3), (), SINGLE, "monna needs a finite vector of trusted_worker=3; none of the"),
    ],
)
def test_what_is_not_defined_for_the_rows_that_came_skips_the_step(rule, stages, plan, words):
    class Holed(Pull):
        def __call__(self, sources: Sources, parts=None) -> Iterator[Tensor]:
            for block in super().__call__(sources, parts):
                yield torch.where(torch.arange(len(block))[:, None] == 0, torch.nan, block)

    judge = defense(Cover(False), aggregator=rule, stages=stages)
    outcome = settle(judge, np.zeros(plan.teams.shape, dtype=int), Holed(), plan)
    assert outcome.direction is None
    assert outcome.note.startswith(words)


def test_a_rule_is_told_whose_the_rows_are():
    """Row t is t squared: that of worker 4 is task 2's, and 0, 1, 4, 9 are the nearest to 4."""
    outcome = settle(defense(NoDetector(), aggregator=Monna(2, 4)), SOLE, plan=SINGLE)
    assert outcome.direction.tolist() == pytest.approx([3.5, -3.5])
    assert outcome.sources.workers.tolist() == [3, 0, 4, 1, 2, 5]


def test_a_history_is_its_workers_where_tasks_go_round_and_rows_are_dropped():
    rule, sums = FoolsGold(), np.zeros(6)
    for order, lost in (([3, 0, 4, 1, 2, 5], 2), ([0, 5, 1, 4, 3, 2], 4)):
        plan = plan_of(np.array(order)[:, None])
        pull = Pull(CommitmentBroken({}, {lost: "timeout"}))
        settle(defense(NoDetector(), aggregator=rule), SOLE, pull, plan)
        sums += [order.index(w) ** 2 if w != lost else 0 for w in range(6)]
    state = rule.memory.state_dict()
    assert state["history"][:, 0].tolist() == sums[state["workers"].numpy()].tolist()


@pytest.mark.parametrize("event", [({4: "lied"}, {}), ({}, {4: "timeout"})])
def test_without_the_row_of_the_trusted_worker_the_step_is_skipped(event):
    pull = Pull(CommitmentBroken(*event))
    outcome = settle(defense(NoDetector(), aggregator=Monna(1, 4)), SOLE, pull, SINGLE)
    assert outcome.direction is None
    assert outcome.note.startswith("monna needs a finite vector of trusted_worker=4; none of the 5")
    assert len(pull.asked) == 1


@pytest.mark.parametrize("rule", [FoolsGold(), Monna(2, 0)])
def test_a_majority_is_nobodys_row(rule):
    pull = Pull()
    outcome = settle(defense(Cover(False), aggregator=rule), HONEST, pull)
    assert "needs vectors of one worker each" in outcome.note
    assert pull.asked == []


def test_the_servers_own_gradient_is_asked_for_only_by_a_rule_that_needs_it():
    asked = []

    def root() -> Tensor:
        asked.append(1)
        return torch.tensor([1.0, 0.0])

    claims = claims_of(SINGLE, SOLE)
    for rule, times in ((Median(), 0), (FlTrust(), 1)):
        judge, rng = defense(NoDetector(), aggregator=rule), np.random.default_rng(0)
        outcome = judge.settle(claims, unasked, Pull(), rng, root)
        assert len(asked) == times
    half = 0.5**0.5  # all rows are (x, -x), but the first, which is zero
    assert outcome.direction.tolist() == pytest.approx([half, -half])
    assert "needs a gradient of the server's own" in settle(judge, SOLE, plan=SINGLE).note


def test_a_fault_of_our_own_is_not_mistaken_for_that():
    class Broken(Pull):
        def __call__(self, sources: Sources, parts=None) -> Iterator[Tensor]:
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        settle(defense(Cover(False)), HONEST, Broken())


def test_too_few_rows_after_a_retry_skip_the_step():
    """Without 0 and 1 all ten tasks are left; without 2 as well, 012 is gone and nine are."""
    judge = defense(Cover(False), aggregator=Krum(3), mean_when_certain=False)
    gone = CommitmentBroken({}, {0: "timeout", 1: "timeout"})
    assert settle(judge, HONEST, Pull(gone)).direction is not None
    assert (
        settle(judge, HONEST, Pull(gone, CommitmentBroken({}, {2: "timeout"}))).direction
        is not None
    )
    late = Pull(gone, CommitmentBroken({}, {2: "timeout", 3: "timeout"}))
    outcome = settle(judge, HONEST, late)
    assert outcome.direction is None
    assert "got n=6, f=3" in outcome.note
    assert len(late.asked) == 2


LOUD = told(FIVE.teams, 5, [0, 1], All())


@pytest.mark.parametrize(
    ("assumed", "detector", "mean_when_certain", "rule"),
    [
        (2, Cover(False), True, Mean()),  # both found: the rest is honest
        (2, Cover(False), False, Median()),  # not asked for
        (3, Cover(False), True, Median()),  # a third may be about
        (2, NoDetector(), True, Median()),  # nobody was found
    ],
)
def test_the_mean_is_used_when_all_assumed_liars_are_convicted(
    assumed, detector, mean_when_certain, rule
):
    judge = defense(detector, assumed, mean_when_certain=mean_when_certain)
    outcome = settle(judge, LOUD)
    kept = outcome.sources.kept.tolist()
    assert outcome.direction.tolist() == pytest.approx(squares(kept, rule))


def test_certainty_takes_exactly_q_convicted_and_drops_the_pre_aggregators():
    judge = defense(Cover(False), stages=(Bucketing(2),))
    usual = Pipeline(Median(), (Bucketing(2),))
    assert judge.chosen(Verdict(5, convicted={0: "", 1: "", 2: ""})) == Pipeline(
        Median(), (Bucketing(2),)
    )
    assert judge.chosen(Verdict(5, convicted={0: "", 1: ""})) == Pipeline(Mean())
    assert judge.chosen(Verdict(5, convicted={0: ""})) == usual
    assert judge.chosen(Verdict(5, absent={0: "", 1: ""})) == usual


def test_with_no_liars_assumed_the_rule_is_kept():
    assert defense(Cover(False), byzantine=0).chosen(Verdict(5)) == Pipeline(Median())


def test_more_evicted_than_were_ever_assumed_is_no_certainty():
    """Audits proved five liars where three were assumed: who knows how many more there are."""
    judge = replace(defense(Cover(False), byzantine=0, evicted=5), assumed=3)
    assert judge.chosen(Verdict(5)) == Pipeline(Median())
    assert replace(judge, assumed=5).chosen(Verdict(5)) == Pipeline(Mean())


@pytest.mark.parametrize("wrapped", [False, True])
def test_convictions_for_earlier_lies_are_no_certainty_about_this_step(wrapped):
    for changes, rule in ((0, Mean()), (1, Median())):
        detector = Degree(window=5, offset=0, changes=changes, rule="cover")
        judge = defense(Audit(detector, 0, 0) if wrapped else detector)
        assert judge.chosen(Verdict(5, convicted={0: "", 1: ""})) == Pipeline(rule)


def test_those_that_are_evicted_count_among_the_assumed():
    """Five were assumed at first: two are out, so three are left to find."""
    judge = defense(Cover(False), byzantine=3, evicted=2)
    assert judge.chosen(Verdict(5, convicted={0: "", 1: ""})) == Pipeline(Median())
    assert judge.chosen(Verdict(5, convicted={0: "", 1: "", 2: ""})) == Pipeline(Mean())
    all_out = defense(Cover(False), byzantine=0, evicted=2)
    assert all_out.chosen(Verdict(5)) == Pipeline(Mean())
    assert all_out.chosen(Verdict(5, convicted={0: ""})).rule == Median()
    assert defense(Cover(False), byzantine=0, evicted=2, mean_when_certain=False).chosen(
        Verdict(5)
    ) == Pipeline(Median())


def test_the_detector_hears_the_step_its_q_and_the_servers_randomness():
    heard = []

    class Ear(NoDetector):
        def inspect(self, hearing):
            heard.append(hearing)
            return super().inspect(hearing)

    claims, rng = claims_of(FIVE, HONEST), np.random.default_rng(5)
    defense(Ear(), byzantine=1, evicted=3).settle(claims, unasked, Pull(), rng)
    (found,) = heard
    assert found.plan is FIVE
    assert found.claims is claims
    assert (found.byzantine, found.recompute, found.rng) == (1, unasked, rng)


def test_an_audit_that_proves_more_liars_than_assumed_is_never_certain():
    """0, 1 and 2 lie where 3 or 4 can see it; two were assumed."""
    said, asked = told(FIVE.teams, 5, [0, 1, 2], All()), []
    judge = defense(Audit(Cover(False), None, 0))
    outcome = settle(judge, said, recompute=honest(said, asked))
    assert sorted(outcome.verdict.convicted) == [0, 1, 2]
    assert outcome.verdict.overwhelmed
    kept = outcome.sources.kept.tolist()
    assert kept == list(range(1, 10))
    assert distorted(FIVE, said, outcome) == 0
    assert outcome.direction.tolist() == pytest.approx(squares(kept, Median()))


def test_an_audit_is_not_repeated_when_a_pull_is():
    said, asked = told(FIVE.teams, 5, [0], All()), []
    judge = defense(Audit(Cover(False), None, 2))
    pull = Pull(CommitmentBroken({}, {3: "timeout"}))
    outcome = settle(judge, said, pull, recompute=honest(said, asked))
    assert len(pull.asked) == 2
    assert outcome.verdict.audited == tuple(asked)
    assert sorted(outcome.verdict.convicted) == [0]
    assert outcome.verdict.absent == {3: "timeout"}


def test_those_caught_in_the_act_count_towards_certainty():
    pull = Pull(
        CommitmentBroken({0: "broke its word"}, {}), CommitmentBroken({3: "broke its word"}, {})
    )
    outcome = settle(defense(Cover(False)), HONEST, pull)
    kept = outcome.sources.kept.tolist()
    assert outcome.direction.tolist() == pytest.approx(squares(kept, Mean()))


def test_an_overwhelmed_verdict_is_never_certain():
    """0 and 1 lied, one was assumed; that 0 is then caught leaves 1 at large."""
    judge = defense(Cover(False), byzantine=1)
    outcome = settle(judge, LOUD, Pull(CommitmentBroken({0: "broke its word"}, {})))
    assert outcome.verdict.overwhelmed
    kept = outcome.sources.kept.tolist()
    assert outcome.direction.tolist() == pytest.approx(squares(kept, Median()))


@pytest.mark.parametrize("silent", [False, True])
def test_means_go_by_whom_rows_are_pulled_from_also_where_a_liar_is_silent(silent):
    """Two of five forge what they can, or one of them says nothing: the rule, made for 2, holds."""
    lie = np.isin(FIVE.teams, (0, 1))
    said = np.where(lie & (lie.sum(axis=1) > 1)[:, None], 1, 0)
    said[FIVE.teams == 0] = SILENT if silent else said[FIVE.teams == 0]
    judge = defense(NoDetector(), aggregator=TrimmedMean(f=2), stages=(BySource(1),))
    outcome = settle(judge, said)
    came_from = outcome.sources.workers[outcome.sources.kept]
    rows = torch.from_numpy(outcome.sources.kept).float() ** 2
    means = torch.stack([rows[came_from == w].mean() for w in np.unique(came_from)])
    assert len(means) == 5 - silent
    expected = means.sort().values[1:-1].mean() if silent else means.median()
    torch.testing.assert_close(outcome.direction, torch.stack([expected, -expected]))
