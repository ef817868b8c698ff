"""Injected faults in whole runs: every kind with every agreement; nobody else is touched."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from hydra import compose, initialize_config_dir
from simulation import run_simulated
from support import PUBLIC, ROOT, SMALL

from robusttrain.config.fault import kind
from robusttrain.config.recipe import recipe
from robusttrain.threat.chaos import Chaos
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import phases_of

TINY = ("data=synthetic", "data.image=[1,2,2]", "data.classes=2", "data.train_size=400",
        "model._target_=robusttrain.study.tiny.Tiny", "runtime.block=5")  # fmt: skip
WORDS = {
    "digest": (),
    "probe": ("agreement=probe", "assignment=single", "detector=none", "target=all",
              "aggregator=median", "probe.checkers=2"),
    "none": ("agreement=none", "assignment=single", "detector=none"),
}  # fmt: skip
LOST, GONE, FINE = [0, 1], [1], []  # 0 and 1 are of one rank; 1 has the fault

# (kind, phase, who is absent in the step of the fault, whether 1 is convicted)
DIGEST = [
    ("sigkill", "publish", LOST, False), ("exit", "commit", LOST, False),
    ("sigstop", "pull", LOST, False), ("sigkill", "leaves", LOST, False),
    ("refuse_to_read", "block", LOST, False), ("exit", "rows", LOST, False),
    ("oversize", "rows", LOST, False), ("silent", "commit", GONE, False),
    ("silent", "rows", LOST, False), ("slow", "leaves", FINE, False),
    ("replay", "rows", FINE, False), ("garble", "commit", FINE, True),
    ("garble", "rows", FINE, True), ("bit_flip", "gradient", FINE, True),
    ("bit_flip", "leaves", FINE, True), ("stuck", "rows", FINE, True),
]  # fmt: skip
PROBE = [
    ("sigkill", "reveal", LOST, False), ("exit", "claims", LOST, False),
    ("sigstop", "publish", LOST, False), ("refuse_to_read", "publish", LOST, False),
    ("oversize", "sum", GONE, False), ("silent", "claims", GONE, False),
    ("silent", "sum", GONE, False), ("slow", "sum", FINE, False),
    ("replay", "sum", FINE, False), ("garble", "claims", FINE, True),
    ("bit_flip", "sum", FINE, True), ("stuck", "gradient", FINE, True),
]  # fmt: skip
NONE = [
    ("sigkill", "commit", LOST, False), ("exit", "pull", LOST, False),
    ("sigstop", "rows", LOST, False), ("refuse_to_read", "publish", LOST, False),
    ("oversize", "leaves", LOST, False), ("silent", "commit", LOST, False),
    ("slow", "publish", FINE, False), ("replay", "rows", FINE, False),
    ("garble", "rows", FINE, True), ("bit_flip", "rows", FINE, False),
    ("stuck", "gradient", FINE, False),
]  # fmt: skip
CASES = [
    (agreement, *case)
    for agreement, cases in (("digest", DIGEST), ("probe", PROBE), ("none", NONE))
    for case in cases
]


@cache
def checked(agreement):
    """The run without faults, so that it is composed once."""
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        config = compose("train", [PUBLIC, *SMALL, *TINY, *WORDS[agreement]])
    return recipe(config, 3)


def run(agreement, *planned):
    """planned: (worker, step, phase, kind)."""
    made = checked(agreement)
    phases = {phase.name: phase for phase in phases_of(made.agreement)}
    faults = Faults([Planned(w, t, phases[p], kind("fault", k)) for w, t, p, k in planned])
    return run_simulated(replace(made, threat=replace(made.threat, faults=faults)), 3)


@cache
def faultless(agreement):
    return run(agreement)


@pytest.mark.parametrize(("agreement", "name", "phase", "absent", "convicted"), CASES)
def test_a_run_with_a_fault_ends_and_only_who_has_it_is_touched(
    agreement, name, phase, absent, convicted
):
    done = run(agreement, (1, 1, phase, name))
    assert [step["step"] for step in done.metrics] == [0, 1, 2]
    assert done.metrics[0]["absent"] == done.metrics[0]["convicted"] == []
    assert done.metrics[1]["absent"] == absent
    assert done.summary["convicted"] == ([1] if convicted else [])
    assert done.summary["false_convictions"] == []
    assert set(done.lost) <= {1}
    if agreement == "digest" or name in ("slow", "replay"):
        assert torch.equal(done.parameters, faultless(agreement).parameters)


def test_every_kind_is_tried_with_every_agreement():
    tried = {(agreement, name) for agreement, name, *_ in CASES}
    assert tried == {(a, name) for a in WORDS for _, name in tried}
    assert len(tried) == 3 * 11


def test_wrong_parameters_make_a_rank_wrong_for_all_its_workers():
    """0 and 1 are wrong, one more than is assumed: nobody is convicted, and the score knows."""
    done = run("digest", (1, 1, "publish", "garble"))
    assert done.summary["missed"] == [0, 1]
    assert done.summary["false_convictions"] == []
    assert done.metrics[1]["overwhelmed"]


def test_a_flip_that_nothing_checks_gets_in_and_is_counted():
    done = run("none", (1, 1, "gradient", "bit_flip"))
    assert [step["distorted_fraction"] for step in done.metrics] == [0, 0.2, 0]
    assert not torch.equal(done.parameters, faultless("none").parameters)


def test_a_flip_counts_from_its_step_on_and_is_found_in_it():
    done = run("digest", (1, 1, "gradient", "bit_flip"))
    assert done.summary["steps_to_detect"] == {"1": 1}
    assert (done.summary["precision"], done.summary["recall"]) == (1, 1)
    assert done.summary["distorted_fraction_max"] == 0


def test_liars_and_faults_within_what_is_assumed_do_no_harm():
    """With q = 2 of 7: one forges, another garbles what it commits to."""
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        words = ("workers=7", "batch=70", "defense.byzantine=2", "threat.byzantine=1",
                 "placement.workers=[6]", "target=all", "aggregator=median",
                 "fault=[{worker: 0, step: 1, phase: gradient, do: garble}]")  # fmt: skip
        config = compose("train", [PUBLIC, *SMALL, *TINY, *words])
    done = run_simulated(recipe(config, 7), 7)
    assert [step["convicted"] for step in done.metrics] == [[6], [0, 6], [6]]
    assert done.summary["distorted_fraction_max"] == 0
    assert done.summary["false_convictions"] == []


@pytest.mark.parametrize("agreement", WORDS)
@pytest.mark.parametrize("seed", range(3))
def test_chaos_ends_no_run_and_convicts_nobody_wrongly(agreement, seed):
    """Faults of kinds and in phases that cost no rank."""
    made = checked(agreement)
    passing = [kind("chaos.kinds", name) for name in ("silent", "slow", "garble", "bit_flip")]
    planned = Chaos(0.9, passing, 1, seed).draw(made.workers, made.steps, phases_of(made.agreement))
    faults = Faults([p for p in planned if p.phase.name not in ("leaves", "rows")], seed)
    done = run_simulated(replace(made, threat=replace(made.threat, faults=faults)), 3)
    assert len(done.steps) == made.steps
    assert done.summary["false_convictions"] == []
