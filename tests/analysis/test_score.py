"""Hand-made steps against a known truth."""

import numpy as np
import pytest
import torch

from robusttrain.analysis.score import Scorer
from robusttrain.assignment.subset import Subset
from robusttrain.attack.reversed import Reversed
from robusttrain.core.types import DROPPED, Plan, Sources, Verdict
from robusttrain.defense import Outcome
from robusttrain.targets.all import All
from robusttrain.threat import Threat
from robusttrain.topology.parameter_server import Step
from robusttrain.who.fixed import Fixed
from robusttrain.who.window import Window

HOLDERS = Subset(3).holders(5)
HONEST = [2, 3, 4, 2, 2, 3, 2, 2, 3, 2]  # one honest holder of each task, liars 0 and 1


def scorer(byzantine: int = 2) -> Scorer:
    return Scorer(Threat(byzantine, "own", Fixed([0, 1]), All(), Reversed(1.0), seed=0), size=7)


def done(
    sources: list[int],
    verdict: Verdict | None = None,
    step: int = 0,
    skipped: bool = False,
    seconds: float = 1.0,
    received: int = 100,
    lost: dict[int, str] | None = None,
) -> Step:
    plan = Plan(step, np.zeros((10, 1), int), np.zeros(10, int), HOLDERS)
    direction = None if skipped else torch.zeros(7)
    note = "too few" if skipped else ""
    outcome = Outcome(verdict or Verdict(5), Sources(np.array(sources)), direction, note)
    return Step(plan, outcome, seconds, received, lost or {})


def test_distorted_are_the_pulled_copies_that_were_forged():
    """Tasks 0..2 from the liars 0, 0 and 1, one dropped, the rest from honest holders."""
    line = scorer().step(done([0, 0, 1, DROPPED, *HONEST[4:]]))
    assert line["distorted_fraction"] == pytest.approx(0.3)
    assert line["dropped_tasks"] == 1
    assert scorer().step(done(HONEST))["distorted_fraction"] == 0.0
    assert scorer(byzantine=0).step(done([0, 0, 1, *HONEST[3:]]))["distorted_fraction"] == 0.0


def test_all_dropped_is_no_distortion():
    line = scorer().step(done([DROPPED] * 10, skipped=True))
    assert (line["distorted_fraction"], line["dropped_tasks"]) == (0.0, 10)
    assert line["note"] == "too few"


def test_convictions_are_compared_with_the_truth():
    verdict = Verdict(5, convicted={3: "framed", 1: "lied"}, absent={4: "silent"}, overwhelmed=True)
    line = scorer().step(done(HONEST, verdict, step=6))
    assert line["step"] == 6
    assert line["convicted"] == [1, 3]
    assert line["false_convictions"] == [3]
    assert line["absent"] == [4]
    assert line["overwhelmed"]


def test_summary_adds_the_steps_up():
    run = scorer()
    run.step(done([0, 0, 1, *HONEST[3:]], seconds=1.0, received=100))
    run.step(done(HONEST, Verdict(5, convicted={1: "lied"}), step=1, seconds=9.0, received=300))
    run.step(done([DROPPED] * 10, Verdict(5, convicted={1: "again", 3: "framed"}), 2, True, 2.0))
    run.step(done([0, *HONEST[1:]], step=3, seconds=4.0, lost={2: "timeout"}))
    assert run.summary() == {
        "steps": 4,
        "seconds_per_step": 3.0,
        "convicted": [1, 3],
        "reasons": {"1": "step 1: lied", "3": "step 2: framed"},
        "false_convictions": [3],
        "missed": [0],
        "distorted_fraction_mean": pytest.approx(0.1),
        "distorted_fraction_max": pytest.approx(0.3),
        "bytes_to_server_per_step": 150.0,
        "bytes_if_all_copies_were_sent": 4 * 7 * 30,
        "steps_skipped": 1,
        "steps_overwhelmed": 0,
        "lost_ranks": {"2": "timeout"},
    }


def test_truth_is_that_of_the_step():
    """A worker convicted in a window in which it was honest is a false conviction."""
    moving = Scorer(Threat(1, "own", Window(1), All(), Reversed(1.0), seed=0), size=7)
    liars = [int(Window(1).choose(step, 5, 1, 0)[0]) for step in range(20)]
    change = next(step for step in range(19) if liars[step] != liars[step + 1])
    guilty = Verdict(5, convicted={liars[change]: "lied"})
    assert moving.step(done(HONEST, guilty, change + 1))["false_convictions"] == [liars[change]]
    assert moving.step(done(HONEST, guilty, change))["false_convictions"] == []
    assert moving.summary()["missed"] == [liars[change + 1]]


def test_an_honest_run_has_nothing_to_miss():
    run = scorer(byzantine=0)
    run.step(done(HONEST))
    found = run.summary()
    assert (found["missed"], found["false_convictions"], found["convicted"]) == ([], [], [])


def test_a_run_without_steps_has_a_summary():
    found = scorer().summary()
    assert found["steps"] == 0
    assert found["seconds_per_step"] is None
    assert found["distorted_fraction_mean"] is None
    assert found["distorted_fraction_max"] is None
