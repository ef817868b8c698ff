"""Probing: what is drawn when, and what the referee is asked."""

import numpy as np
from probes import PROBES
from support import plan_of

from robusttrain.config.recipe import recipe
from robusttrain.defense.probe_verdict import ProbeVerdict
from robusttrain.protocol import probing
from robusttrain.protocol.probing import audited
from robusttrain.run.simulate import simulate


def watched(monkeypatch, made):
    """Steps that were probed, and the server at the end."""
    steps, judge = [], probing.judge

    def noting(order, checkers, sums, claims, *more):
        steps.append((sorted(order), sorted(sums), sorted(claims)))
        return judge(order, checkers, sums, claims, *more)

    monkeypatch.setattr(probing, "judge", noting)
    return steps, simulate(made)


def test_every_member_checks_and_is_checked_in_a_probed_step(monkeypatch, configure):
    made = recipe(configure(*PROBES, "probe.share=1", "steps=4"))
    steps, server = watched(monkeypatch, made)
    everyone = list(range(7))
    assert steps == [(everyone, everyone, everyone)] * 4
    assert server.exchange.convicted == {}


def test_steps_are_probed_at_the_start_at_the_end_and_else_as_drawn(monkeypatch, configure):
    words = ("probe.alert=3", "probe.share=1e-9", "steps=10")
    steps, _ = watched(monkeypatch, recipe(configure(*PROBES, *words)))
    assert len(steps) == 6
    none = recipe(configure(*PROBES, "probe.alert=0", "probe.share=1e-9", "steps=4"))
    assert watched(monkeypatch, none)[0] == []


def test_a_conviction_raises_the_share_and_the_convicted_are_out(monkeypatch, configure):
    words = ("probe.alert=2", "probe.share=1e-9", "steps=12", "threat.byzantine=1",
             "placement.workers=[5]", "defense.byzantine=2")  # fmt: skip
    steps, server = watched(monkeypatch, recipe(configure(*PROBES, *words)))
    assert set(server.exchange.convicted) == {5}
    assert [len(order) for order, *_ in steps] == [7, 6, 6, 6, 6]  # steps 0, 1 and 2, 10, 11


def test_a_recomputed_sum_counts_as_all_its_tasks():
    plan = plan_of(np.array([[0], [0], [1], [2]]))
    assert audited(plan, ProbeVerdict(recomputed=(0, 2))) == (0, 1, 3)
