"""Whole runs of the protocol: other schemes, audits, eviction and the way back."""

from math import comb

import pytest
import torch

from robusttrain.config.recipe import recipe

FIVE_OF_FIFTEEN = ("threat.byzantine=5", "defense.byzantine=5")


def test_an_audit_ends_the_optimal_attack_in_the_first_step(simulated):
    """At the server or at a trusted rank that hosts no workers: to the same bits."""
    audit = ("experiment=digits_audit", *FIVE_OF_FIFTEEN, "steps=3")
    here = simulated(*audit)
    there = simulated(*audit, "audit.rank=2", ranks=3)
    assert torch.equal(here.parameters, there.parameters)
    for run in (here, there):
        summary, steps = run.summary, run.metrics
        assert summary["distorted_fraction_max"] == 0
        assert summary["audits"] <= 5
        assert (summary["precision"], summary["recall"]) == (1, 1)
        assert set(summary["steps_to_detect"].values()) == {1}
        assert [step["tasks"] for step in steps] == [455, comb(10, 3), comb(10, 3)]
        assert steps[1]["evicted"] == summary["convicted"] == summary["evicted"]


@pytest.mark.parametrize(
    ("overrides", "forged"),
    [
        (("experiment=digits_byzshield",), 3 / 25),
        (
            (
                "experiment=digits_byzshield", "detector=cover", "placement.against=detection",
                "target=undetected", *FIVE_OF_FIFTEEN,
            ),
            6 / 25,
        ),
    ],
    ids=["byzshield", "cover"],
)  # fmt: skip
def test_the_worst_liars_forge_what_the_certificate_says(simulated, configure, overrides, forged):
    run = simulated(*overrides, "steps=1")
    assert run.summary["distorted_fraction_max"] == pytest.approx(forged)
    assert run.summary["convicted"] == []
    certificate = recipe(configure(*overrides)).planner.start.certificate
    worst = certificate.attacks["undetected" if "detector=cover" in overrides else "voted"]
    assert worst.exact
    assert certificate.fraction(worst) == pytest.approx(forged)


def test_aspis_plus_finds_the_liars_of_each_window(simulated):
    run = simulated(
        "experiment=digits_aspis_plus", "placement.length=6", "detector.window=6", "steps=12"
    )
    summary = run.summary
    assert summary["false_convictions"] == []
    assert summary["missed"] == []
    assert all(n <= 6 for n in summary["steps_to_detect"].values())


def test_evicted_workers_come_back_when_they_have_been_clean(simulated, small):
    """The liar of steps 0 to 3 is out from step 1 on, and clean in steps 4 and 5."""
    run = simulated(
        *small, "steps=12", "threat.byzantine=1", "placement=window", "placement.length=4",
        "target=all", "detector=audit", "defense.evict=true", "probation.clean_steps=2",
    )  # fmt: skip
    steps = run.metrics
    (first,) = steps[0]["convicted"]
    assert steps[0]["changes"] == [f"worker {first} evicted"]
    assert all(steps[i]["evicted"] == [first] for i in (1, 2, 3, 4))
    assert f"worker {first} readmitted" in steps[5]["changes"]
    assert first not in steps[6]["evicted"]
    assert run.summary["false_convictions"] == []
    assert run.summary["distorted_fraction_max"] == 0


def test_after_an_eviction_the_tasks_that_were_set_are_shared_out_again(simulated):
    """Six tasks of ten samples; the audit of all of them convicts the liar in the first step."""
    run = simulated(
        "workers=4", "batch=60", "steps=3", "assignment=single", "assignment.tasks=6",
        "detector=audit", "audit.random=6", "defense.evict=true", "aggregator=mean",
        "preaggregator=[]", "target=all", "placement.workers=[3]", "threat.byzantine=1",
        "defense.byzantine=1",
    )  # fmt: skip
    assert run.summary["convicted"] == run.summary["evicted"] == [3]
    assert [step["tasks"] for step in run.metrics] == [6, 6, 6]
    held = [[len(tasks) for tasks in step.plan.holdings] for step in run.steps]
    assert held == [[2, 1, 2, 1], [2, 2, 2, 0], [2, 2, 2, 0]]
