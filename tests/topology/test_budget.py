"""The budget of faults: l liars and q - l silent workers do no more than q liars can."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from simulation import run_simulated
from support import PUBLIC, SMALL

from robusttrain.certificate.certificate import certify
from robusttrain.config.fault import kind
from robusttrain.config.recipe import recipe
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import phases_of
from robusttrain.threat.placement.base import Placement

TINY = ("data=synthetic", "data.image=[1,2,2]", "data.classes=2", "data.train_size=600",
        "model._target_=robusttrain.study.tiny.Tiny", "runtime.block=5")  # fmt: skip
# name -> (the assignment, K, f, its overrides)
SCHEMES = {
    "subset": (Subset(3), 5, 10, ("assignment=subset",)),
    "cyclic": (Cyclic(3), 7, 7, ("assignment=cyclic",)),
    "repetition": (Repetition(3), 6, 2, ("assignment=repetition",)),
}
Q = 2


@dataclass(frozen=True)
class Listed(Placement):
    """In each step the liars that are listed for it."""

    liars: list[list[int]]

    def choose(self, step, start, byzantine, seed):
        return np.array(self.liars[step], dtype=np.int64)


def splits(workers, q):
    """(liars, silent): each way to make q workers liars or silent."""
    for chosen in combinations(range(workers), q):
        for count in range(q + 1):
            for liars in combinations(chosen, count):
                yield list(liars), sorted({*chosen} - {*liars})


@pytest.fixture
def run(configure):
    """run(scheme, target, [(liars, silent), ...]) -> the run with a step for each."""

    def made(scheme, target, cases):
        _, workers, tasks, given = SCHEMES[scheme]
        words = (*SMALL, *TINY, *given, f"workers={workers}", f"batch={tasks}",
                 "assignment.replication=3", f"target={target}", f"steps={len(cases)}",
                 f"defense.byzantine={Q}", f"threat.byzantine={Q}", "defense.best_effort=true",
                 "divergence.action=warn", "aggregator=median")  # fmt: skip
        checked = recipe(configure(PUBLIC, *words))
        phase = {phase.name: phase for phase in phases_of(checked.agreement)}["commit"]
        silent = kind("fault", "silent")
        faults = Faults([
            Planned(worker, step, phase, silent)
            for step, (_, out) in enumerate(cases)
            for worker in out
        ])  # fmt: skip
        placement = Listed([liars for liars, _ in cases])
        threat = replace(checked.threat, placement=placement, faults=faults)
        return run_simulated(replace(checked, threat=threat), 1)

    return made


@pytest.mark.parametrize("target", ["disagreement", "undetected", "all"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_liars_and_silent_workers_forge_no_more_than_is_certified(run, scheme, target):
    assignment, workers, tasks, _ = SCHEMES[scheme]
    cases = list(splits(workers, Q))
    done = run(scheme, target, cases)
    most = certify(assignment, workers, Q).undetected.ceiling
    assert len(done.metrics) == len(cases)
    forged = [round(step["distorted_fraction"] * tasks) for step in done.metrics]
    assert max(forged) == most or target != "undetected"
    for (liars, silent), count, step in zip(cases, forged, done.metrics, strict=True):
        assert count <= most, (liars, silent)
        assert step["silent"] == silent
        assert not step["exceeded"]
        assert set(step["convicted"]) <= set(liars)
    assert done.summary["steps_exceeded"] == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_silent_worker_more_than_is_assumed_is_counted_and_holds_nothing_up(run, scheme):
    _, workers, *_ = SCHEMES[scheme]
    cases = [([], list(silent)) for silent in combinations(range(workers), Q + 1)]
    done = run(scheme, "all", cases)
    assert [step["silent"] for step in done.metrics] == [silent for _, silent in cases]
    assert done.summary["steps_exceeded"] == len(done.metrics) == len(cases)
    assert done.summary["false_convictions"] == []
