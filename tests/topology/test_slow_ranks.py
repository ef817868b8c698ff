"""Ranks that are slow in a run with probes lose steps, and hold up the others for a while only."""

import pytest
import torch
from probes import PROBES
from simulation import late, lose, when

from robusttrain.comm.link import Kind
from robusttrain.run.simulate import simulate
from robusttrain.study.siege import setting


def test_a_rank_that_stands_still_loses_these_steps_and_takes_part_again(simulated):
    """Every step is probed: its first claim afterwards is about a step that it skipped."""
    sums = set()

    def watched(delivery):
        if delivery.message.kind == Kind.SUM and delivery.rank == 2:
            sums.add(delivery.message.step)
        return (delivery,)

    slow = "fault=[{worker: 3, step: 1, phase: publish, do: slow, seconds: 4.5}]"
    run = simulated(*PROBES, slow, "membership.suspend_after=9", ranks=3, schedule=watched)
    hosted = run.steps[0].hosting[2]
    absent = [line["absent"] for line in run.metrics]
    assert absent == [[], *[hosted] * 4, [], [], []]
    assert sums == {0, 5, 6, 7}
    assert run.lost == {}
    assert run.summary["convicted"] == []


@pytest.mark.parametrize(("fault", "count"), [(lose, 200), (late(0.9), 300)])
def test_members_hold_up_a_long_run_for_their_credit_and_no_longer(fault, count):
    """A step without them takes no virtual time; with them the deadline, of 1 s.

    So T <= q (.01 T + deadline), where 300 steps at the deadline would take 270 s.
    """
    members, deadline, steps = [5, 6], 10.0, []
    patient = f"membership.suspend_after={count}"
    made = setting(7, 0.1, 1, count, f"runtime.deadline={deadline}", patient)
    slow = when(fault, rank=3, kind=Kind.SUM, since=1)
    server = simulate(made, steps.append, 3, slow)
    assert steps[0].hosting[3] == members
    seconds = sum(step.seconds for step in steps[1:])
    assert 0.9 * len(members) * deadline <= seconds <= len(members) * deadline / 0.98 + 1e-3
    changes = [line for step in steps for line in step.changes if "held up" in line]
    assert [line.split(" is ")[0] for line in changes] == ["worker 5", "worker 6"]
    assert all(line.endswith("is not waited for: it has held up the others for 10 s")
               for line in changes)  # fmt: skip
    assert steps[-1].lost == {}
    assert not server.exchange.convicted
    assert torch.isfinite(server.parameters).all()
