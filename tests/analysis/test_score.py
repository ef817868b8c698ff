"""Hand-made steps against a known truth."""

import numpy as np
import pytest
import torch
from support import plan_of

from robusttrain.analysis.score import Scorer
from robusttrain.comm.machine import Machine
from robusttrain.defense.defense import Outcome
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.attack.reversed import Reversed
from robusttrain.threat.fault.garble import Garble
from robusttrain.threat.fault.silent import Silent
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import Phase
from robusttrain.threat.placement.base import Placement
from robusttrain.threat.placement.fixed import Fixed
from robusttrain.threat.placement.window import Window
from robusttrain.threat.target.all import All
from robusttrain.threat.threat import Threat
from robusttrain.topology.parameter_server import Step
from robusttrain.types import DROPPED, Sources, Verdict

TEAMS = Subset(3).teams(5)
START = plan_of(TEAMS)
HOSTING = {1: [0, 1], 2: [2, 3, 4]}
MACHINES = {1: Machine("node-1", "cpu", 11, "launcher"), 2: Machine("node-2", "cpu", 22)}
NO_FAULTS = Faults()
HONEST = [2, 3, 4, 2, 2, 3, 2, 2, 3, 2]  # one honest holder of each task, liars 0 and 1


def scorer(byzantine: int = 2, who: Placement | None = None, faults: Faults = NO_FAULTS) -> Scorer:
    who = who or Fixed([0, 1])
    threat = Threat(byzantine, "own", who, All(), Reversed(1.0), seed=0, start=START, faults=faults)
    return Scorer(threat, size=7)


class Turns(Placement):
    """Worker 1 lies at the first four steps, 2 at the next two, then 1 again for ever."""

    def choose(self, step, start, byzantine, seed):
        return np.array([{1: 1, 2: 2}.get(step // 2, 1)])


def done(
    sources: list[int],
    verdict: Verdict | None = None,
    step: int = 0,
    skipped: bool = False,
    seconds: float = 1.0,
    received: int = 100,
    lost: dict[int, str] | None = None,
    changes: list[str] | None = None,
    evicted: tuple[int, ...] = (),
    teams: np.ndarray = TEAMS,
    not_finite: int = 0,
) -> Step:
    plan = plan_of(teams, 5, step=step, evicted=evicted)
    direction = None if skipped else torch.zeros(7)
    note = "too few" if skipped else ""
    outcome = Outcome(verdict or Verdict(5), Sources(np.array(sources)), direction, note)
    return Step(plan, outcome, seconds, received, lost or {}, changes or [], HOSTING, MACHINES,
                not_finite)  # fmt: skip


def convicting(*workers: int, **more) -> Verdict:
    return Verdict(5, convicted=dict.fromkeys(workers, "lied"), **more)


def test_distorted_are_the_pulled_copies_that_were_forged():
    """Tasks 0..2 from the liars 0, 0 and 1, one dropped, the rest from honest holders."""
    line = scorer().step(done([0, 0, 1, DROPPED, *HONEST[4:]]))
    assert line["distorted_fraction"] == pytest.approx(0.3)
    assert line["dropped_tasks"] == 1
    assert scorer().step(done(HONEST))["distorted_fraction"] == 0.0
    assert scorer(byzantine=0).step(done([0, 0, 1, *HONEST[3:]]))["distorted_fraction"] == 0.0


def faulty(fault, phase, way, worker=2, step=1):
    return scorer(0, faults=Faults([Planned(worker, step, Phase(phase, way), fault)]))


def test_a_worker_that_is_wrong_by_a_fault_is_none_that_is_convicted_wrongly():
    score = faulty(Garble(), "commit", "sent")
    lines = [score.step(done(HONEST, convicting(2, 3), step=step)) for step in range(2)]
    assert [line["false_convictions"] for line in lines] == [[2, 3], [3]]
    summary = score.summary()
    assert (summary["precision"], summary["recall"]) == (0.5, 1.0)
    assert score.honest_convicted == 3


def test_a_rank_with_wrong_parameters_is_wrong_for_all_its_workers():
    """2, 3 and 4 are of one rank, and all rows are pulled from them."""
    score = faulty(Garble(), "publish", "received")
    fractions = [score.step(done(HONEST, step=t))["distorted_fraction"] for t in range(3)]
    assert fractions == [0, 1, 0]
    assert score.summary()["missed"] == [2, 3, 4]


def test_wrong_gradients_are_distorted_where_they_are_pulled():
    score = faulty(Garble(), "gradient", "computed")
    line = score.step(done(HONEST, step=1))
    assert line["distorted_fraction"] == pytest.approx(HONEST.count(2) / 10)


def test_who_is_only_silent_is_not_wrong():
    score = faulty(Silent(), "commit", "sent")
    assert score.step(done(HONEST, convicting(2), step=1))["false_convictions"] == [2]


def test_distortion_is_a_share_of_the_tasks_of_the_step():
    """Without 4 there are four tasks; 1 is asked for two of them."""
    line = scorer().step(done([1, 1, 2, 3], teams=Subset(3).teams(4), evicted=(4,)))
    assert line["distorted_fraction"] == pytest.approx(0.5)
    assert (line["tasks"], line["dropped_tasks"], line["evicted"]) == (4, 0, [4])


def test_all_dropped_is_no_distortion():
    line = scorer().step(done([DROPPED] * 10, skipped=True))
    assert (line["distorted_fraction"], line["dropped_tasks"]) == (0.0, 10)
    assert line["note"] == "too few"
    assert line["skipped"]


def test_a_line_says_what_happened():
    verdict = Verdict(
        5, {3: "framed", 1: "lied"}, {4: "silent"}, overwhelmed=True, audited=(7, 2), note="afresh"
    )
    changes = ["worker 1 evicted"]
    line = scorer().step(done(HONEST, verdict, step=6, changes=changes, evicted=(0,), not_finite=2))
    assert line == {
        "step": 6,
        "seconds": 1.0,
        "bytes_to_server": 100,
        "tasks": 10,
        "distorted_fraction": 0.0,
        "dropped_tasks": 0,
        "not_finite": 2,
        "audited": [7, 2],
        "convicted": [1, 3],
        "first_convicted": [
            "worker 1 on rank 1 (node-1, cpu, pid 11): lied",
            "worker 3 on rank 2 (node-2, cpu, pid 22): framed",
        ],
        "false_convictions": [3],
        "evicted": [0],
        "absent": [4],
        "overwhelmed": True,
        "silent": [],
        "exceeded": False,
        "changes": ["worker 1 evicted"],
        "note": "afresh",
        "skipped": False,
    }
    both = scorer().step(done([DROPPED] * 10, Verdict(5, note="afresh"), skipped=True))
    assert both["note"] == "too few; afresh"


def test_summary_adds_the_steps_up():
    run = scorer()
    run.step(
        done(
            [0, 0, 1, *HONEST[3:]],
            Verdict(5, audited=(3,)),
            seconds=1.0,
            received=100,
            not_finite=4,
        )
    )
    first = convicting(1, audited=(0, 9))
    run.step(done(HONEST, first, step=1, seconds=9.0, received=300, not_finite=1))
    again = Verdict(5, convicted={1: "again", 3: "framed"}, overwhelmed=True)
    run.step(done([DROPPED] * 10, again, 2, True, 2.0))
    run.step(done([0, *HONEST[1:]], step=3, seconds=4.0, lost={2: "timeout"}, evicted=(1, 3)))
    assert run.summary() == {
        "steps": 4,
        "seconds_per_step": 3.0,
        "convicted": [1, 3],
        "reasons": {"1": "step 1: lied", "3": "step 2: framed"},
        "false_convictions": [3],
        "honest_convicted_per_step": 0.25,
        "missed": [0],
        "precision": 0.5,
        "recall": 0.5,
        "steps_to_detect": {"1": 2},
        "steps_to_detect_median": 2.0,
        "evicted": [1, 3],
        "audits": 3,
        "distorted_fraction_mean": pytest.approx(0.1),
        "distorted_fraction_max": pytest.approx(0.3),
        "bytes_to_server_per_step": 150.0,
        "bytes_if_all_copies_were_sent": 4 * 7 * 30,
        "steps_skipped": 1,
        "gradients_not_finite": 5,
        "steps_overwhelmed": 1,
        "steps_silent": 0,
        "steps_exceeded": 0,
        "lost_ranks": {"2": "timeout"},
        "hosts": {
            "1": {
                "workers": [0, 1], "host": "node-1", "device": "cpu", "pid": 11,
                "host_from": "launcher",
            },
            "2": {
                "workers": [2, 3, 4], "host": "node-2", "device": "cpu", "pid": 22,
                "host_from": "rank",
            },
        },
    }  # fmt: skip


def test_a_first_conviction_says_where_the_worker_runs():
    run = scorer()
    first, second, third = ((1,), (1, 3), (1, 3))
    lines = [
        run.step(done(HONEST, convicting(*convicted), step))["first_convicted"]
        for step, convicted in enumerate((first, second, third))
    ]
    assert lines == [
        ["worker 1 on rank 1 (node-1, cpu, pid 11): lied"],
        ["worker 3 on rank 2 (node-2, cpu, pid 22): lied"],
        [],
    ]
    nowhere = Step(START, done(HONEST, convicting(1)).outcome, 1.0, 1, {}, [])
    assert scorer().step(nowhere)["first_convicted"] == ["worker 1: lied"]


def test_a_conviction_is_false_until_the_worker_was_byzantine():
    """Worker 2 lies from step 4 on; whoever lied once may be convicted at any later step."""
    run = scorer(1, Turns())
    liars = [int(Turns().choose(step, START, 1, 0)[0]) for step in range(7)]
    assert liars == [1, 1, 1, 1, 2, 2, 1]
    assert run.step(done(HONEST, convicting(2), 1))["false_convictions"] == [2]
    assert run.step(done(HONEST, convicting(1), 3))["false_convictions"] == []
    assert run.step(done(HONEST, convicting(1, 2), 4))["false_convictions"] == []
    assert run.step(done(HONEST, convicting(1, 2), 5))["false_convictions"] == []
    assert run.summary()["false_convictions"] == [2]


def test_truth_is_that_of_the_steps_so_far():
    """A worker convicted before the window in which it lies is a false conviction."""
    moving = scorer(1, Window(1))
    liars = [int(Window(1).choose(step, START, 1, 0)[0]) for step in range(20)]
    change = next(step for step in range(19) if liars[step] != liars[step + 1])
    guilty = convicting(liars[change + 1])
    assert moving.step(done(HONEST, guilty, change))["false_convictions"] == [liars[change + 1]]
    assert moving.step(done(HONEST, guilty, change + 1))["false_convictions"] == []
    assert moving.step(done(HONEST, convicting(liars[change]), change + 1))[
        "false_convictions"
    ] == []  # fmt: skip
    assert moving.summary()["missed"] == []
    assert moving.summary()["honest_convicted_per_step"] > 0


def test_precision_and_recall_count_workers_not_steps():
    """Three of four convictions are right, three of three liars are found; 1 twice."""
    run = scorer(3, Fixed([0, 1, 4]))
    for step, convicted in enumerate([(1, 3), (1,), (0, 1), (), (4,)]):
        run.step(done(HONEST, convicting(*convicted), step))
    found = run.summary()
    assert (found["precision"], found["recall"]) == (0.75, 1.0)
    assert found["steps_to_detect"] == {"0": 3, "1": 1, "4": 5}
    assert found["steps_to_detect_median"] == 3.0
    assert found["missed"] == []


def test_steps_to_detect_count_from_the_first_step_as_a_liar():
    """1 lies from step 0 and is convicted at step 3; 2 lies from step 4, at step 6."""
    run = scorer(1, Turns())
    for step in range(7):
        run.step(done(HONEST, convicting(*[2] * (step >= 6), *[1] * (step >= 3)), step))
    found = run.summary()
    assert found["steps_to_detect"] == {"1": 4, "2": 3}
    assert found["steps_to_detect_median"] == 3.5


def test_audits_are_added_up_and_evicted_are_those_at_the_end():
    run = scorer()
    for step, (audited, evicted) in enumerate([((1, 2), ()), ((), (1, 0)), ((5,), (0,))]):
        line = run.step(done(HONEST, Verdict(5, audited=audited), step, evicted=evicted))
        assert line["audited"] == list(audited)
        assert line["evicted"] == sorted(evicted)
    assert run.summary()["audits"] == 3
    assert run.summary()["evicted"] == [0]


def test_an_honest_run_has_nothing_to_miss():
    run = scorer(byzantine=0)
    run.step(done(HONEST))
    found = run.summary()
    assert (found["missed"], found["false_convictions"], found["convicted"]) == ([], [], [])
    assert (found["precision"], found["recall"], found["steps_to_detect"]) == (None, None, {})
    assert found["steps_to_detect_median"] is None


def test_a_run_in_which_only_the_honest_are_convicted_has_no_precision():
    run = scorer(byzantine=0)
    run.step(done(HONEST, convicting(3)))
    assert (run.summary()["precision"], run.summary()["recall"]) == (0.0, None)
    run = scorer()
    run.step(done(HONEST, convicting(3)))
    assert (run.summary()["precision"], run.summary()["recall"]) == (0.0, 0.0)


def test_a_run_without_steps_has_a_summary():
    found = scorer().summary()
    assert found["steps"] == 0
    for key in ("seconds_per_step", "distorted_fraction_mean", "distorted_fraction_max"):
        assert found[key] is None
    for key in ("precision", "recall", "steps_to_detect_median"):
        assert found[key] is None
