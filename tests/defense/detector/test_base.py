"""Who was not heard, and what the ledger remembers."""

import numpy as np
import pytest
from support import claims_of, plan_of

from robusttrain.combinatorics.effort import COVER
from robusttrain.combinatorics.vertex_cover import forced
from robusttrain.defense.detector import base
from robusttrain.defense.detector.base import Ledger, judge, unheard
from robusttrain.defense.detector.clique import Clique
from robusttrain.defense.detector.cover import Cover
from robusttrain.types import Plan

PAIRS = np.array([[0, 1], [2, 3]])


def pairs_at(step: int, evicted=(), workers: int = 4) -> Plan:
    return plan_of(PAIRS, workers, step, evicted=evicted)


def graph_of(*edges: tuple[int, int], workers: int = 4) -> np.ndarray:
    graph = np.zeros((workers, workers), dtype=bool)
    for u, v in edges:
        graph[u, v] = graph[v, u] = True
    return graph


def test_only_holders_that_said_nothing_are_unheard(hear):
    """0 spoke once, 1 never, 4 holds nothing."""
    hearing = hear([[0, 1], [0, 1], [2, 3]], [[0, -1], [-1, -1], [0, 0]], 0, workers=5)
    assert unheard(hearing.plan, hearing.claims) == {1: "silent"}


def test_a_worker_with_a_silent_shadow_alone_is_unheard():
    plan = plan_of(PAIRS, 5, shadows=[(4, 0)])
    assert unheard(plan, claims_of(plan, [[0, 0]] * 2, shadows=[-1])) == {4: "silent"}
    assert not unheard(plan, claims_of(plan, [[0, 0]] * 2, shadows=[0]))


def test_the_ledger_adds_up_steps():
    ledger = Ledger()
    ledger.enter(pairs_at(0), graph_of((0, 1)))
    ledger.enter(pairs_at(1), graph_of((1, 2)))
    union = ledger.enter(pairs_at(2), graph_of((2, 3)))
    assert np.array_equal(union, graph_of((0, 1), (1, 2), (2, 3)))


def test_a_step_that_is_told_again_replaces_what_it_said():
    ledger = Ledger()
    ledger.enter(pairs_at(0), graph_of((0, 1)))
    ledger.enter(pairs_at(1), graph_of((0, 2), (0, 3)))
    union = ledger.enter(pairs_at(1), graph_of((0, 3)))
    assert np.array_equal(union, graph_of((0, 1), (0, 3)))
    assert np.array_equal(ledger.enter(pairs_at(2), graph_of()), union)


def test_what_an_evicted_worker_explains_is_out_for_good():
    ledger = Ledger()
    ledger.enter(pairs_at(0), graph_of((0, 1), (2, 3)))
    assert np.array_equal(
        ledger.enter(pairs_at(1, {0}), graph_of((1, 3))), graph_of((1, 3), (2, 3))
    )
    assert np.array_equal(ledger.enter(pairs_at(2), graph_of()), graph_of((1, 3), (2, 3)))


def test_who_is_caught_within_a_step_explains_its_past_for_that_step():
    ledger = Ledger()
    ledger.enter(pairs_at(0), graph_of((0, 1), (2, 3)))
    ledger.enter(pairs_at(1), graph_of((0, 2)))
    assert np.array_equal(ledger.enter(pairs_at(1, {0}), graph_of()), graph_of((2, 3)))
    assert np.array_equal(ledger.enter(pairs_at(2), graph_of()), graph_of((0, 1), (2, 3)))


def test_a_forgotten_past_comes_back_if_the_step_is_told_again():
    ledger = Ledger()
    ledger.enter(pairs_at(0), graph_of((0, 1)))
    ledger.enter(pairs_at(1), graph_of((2, 3)))
    ledger.afresh = True
    both = ledger.enter(pairs_at(1), graph_of((2, 3)))
    assert np.array_equal(both, graph_of((0, 1), (2, 3)))
    ledger.afresh = True
    assert np.array_equal(ledger.enter(pairs_at(2), graph_of()), graph_of((2, 3)))


def star(centre: int, *others: int) -> tuple[list[list[int]], list[list[int]]]:
    """Teams of two and what they said: `centre` lies to each of `others`."""
    return [[centre, w] for w in others], [[1, 0] for _ in others]


@pytest.mark.parametrize("detector", [Cover, Clique])
def test_the_ledger_convicts_on_evidence_of_several_steps(detector, hear):
    """Each step shows one disagreement, which proves nothing with q = 1; two of them do."""
    first, second = (hear(*star(0, w), 1, workers=4, step=w) for w in (1, 2))
    with_ledger, without = detector(ledger=True), detector(ledger=False)
    assert not with_ledger.inspect(first).convicted
    assert list(with_ledger.inspect(second).convicted) == [0]
    assert not without.inspect(first).convicted
    assert not without.inspect(second).convicted


def test_the_silent_keep_what_is_known_of_them(hear):
    detector = Cover(ledger=True)
    detector.inspect(hear(*star(0, 1), 1, workers=4, step=0))
    detector.inspect(hear(*star(0, 2), 1, workers=4, step=1))
    verdict = detector.inspect(hear([[0, 1]], [[-1, 0]], 1, workers=4, step=2))
    assert (list(verdict.convicted), list(verdict.absent)) == ([0], [0])


@pytest.mark.parametrize("detector", [Cover, Clique])
def test_evidence_that_no_fixed_liars_explain_is_forgotten(detector, hear):
    """First 0 lies, then 3; one liar explains either step, none both."""
    detector = detector(ledger=True)
    detector.inspect(hear(*star(0, 1, 2), 1, workers=6, step=0))
    for _ in range(2):
        verdict = detector.inspect(hear(*star(3, 4, 5), 1, workers=6, step=1))
        assert list(verdict.convicted) == [3]
        assert "starts afresh" in verdict.note
        assert not verdict.overwhelmed
    quiet = detector.inspect(hear([[0, 1]], [[0, 0]], 1, workers=6, step=2))
    assert (list(quiet.convicted), quiet.note) == ([3], "")


@pytest.mark.parametrize("detector", [Cover, Clique])
def test_a_step_that_too_few_liars_explain_is_overwhelming_and_recovered_from(detector, hear):
    detector = detector(ledger=True)
    two = hear([[0, 1], [2, 3]], [[1, 0], [1, 0]], 1, workers=6, step=0)
    verdict = detector.inspect(two)
    assert (verdict.overwhelmed, verdict.note, dict(verdict.convicted)) == (True, "", {})
    after = detector.inspect(hear(*star(3, 4, 5), 1, workers=6, step=1))
    assert (list(after.convicted), after.overwhelmed) == ([3], False)


def test_an_audit_may_ask_again_with_those_caught_evicted(hear):
    """Worker 0 is caught in step 1: its edges of step 0 are explained, q falls to 0."""
    detector = Cover(ledger=True)
    detector.inspect(hear(*star(0, 1), 1, workers=4, step=0))
    detector.inspect(hear(*star(0, 2), 1, workers=4, step=1))
    again = detector.inspect(hear([[0, 2]], [[-1, 0]], 0, workers=4, step=1, evicted={0}))
    assert not again.convicted
    assert not again.overwhelmed
    assert again.note == ""


def test_fixed_liars_are_never_contradicted_and_no_honest_worker_convicted(hear, sts15):
    """Liars that forge tasks at random, on plans that change."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        detector, known = Cover(ledger=True), set()
        liars = rng.choice(15, 4, replace=False)
        for step in range(12):
            teams = np.sort(rng.permutation(15)[sts15], axis=1)
            said = np.isin(teams, liars) & (rng.random((35, 1)) < 0.3)
            verdict = detector.inspect(hear(teams, said.astype(int), 4, step=step))
            assert known <= set(verdict.convicted) <= set(liars)
            assert (verdict.note, verdict.overwhelmed) == ("", False)
            known = set(verdict.convicted)
        assert known == set(liars)


def test_two_detectors_do_not_share_memory(hear):
    one, other = Cover(ledger=True), Cover(ledger=True)
    one.inspect(hear(*star(0, 1), 1, workers=4, step=0))
    assert not other.inspect(hear(*star(0, 2), 1, workers=4, step=1)).convicted
    assert one == other


@pytest.mark.parametrize("detector", [Cover, Clique])
def test_a_search_cut_short_is_said_and_logged_once(detector, hear, monkeypatch, caplog):
    """5 is proved a liar by its degree; the pentagon 0..4 would take a search."""
    teams = [[0, 1], [1, 2], [2, 3], [3, 4], [0, 4], *([5, w] for w in range(6, 12))]
    hearing = hear(teams, [[0, 1]] * len(teams), 4)
    monkeypatch.setattr(base, "forced", lambda graph, q: forced(graph, q, effort=3))
    base.warn_once.cache_clear()
    for _ in range(2):
        verdict = detector(ledger=False).inspect(hearing)
        assert "cut short" in verdict.note
        assert set(verdict.convicted) <= {5}
    assert len(caplog.records) == 1
    monkeypatch.setattr(base, "forced", lambda graph, q: forced(graph, q, effort=COVER))
    assert detector(ledger=False).inspect(hearing).note == ""
    assert list(judge(hearing, None)[1].workers) == [5]
