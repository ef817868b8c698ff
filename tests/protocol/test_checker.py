"""Checker: the truth about a sum, and each way to lie about it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.checker import Checker, parcels_of
from robusttrain.protocol.shares import shares
from robusttrain.redundancy.fingerprinting import Fingerprinting
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of

SEED = bytes(range(32))
LIARS = ("threat.byzantine=2", "placement.workers=[1,4]", "attack=alie")


@pytest.fixture
def made(configure):
    """made(claims) -> (checker, plan, parameters) of a rank that hosts all workers."""

    def of(claims, lanes=0, *words):
        checked = recipe(configure(*PROBES, *LIARS, f"threat.claims={claims}", *words))
        worker = answers_of(checked, assembly.worker(checked, 1, 1, torch.device("cpu"))).worker
        checker = Checker(
            worker, Fingerprinting(checked.layout.blocks, ThreadPoolExecutor(1), lanes)
        )
        return checker, shares(checked.planner(0)), 0.1 * torch.ones(checked.layout.size)

    return of


def true(checker, plan, parameters, source):
    return checker.true(plan, parameters, source, SEED).claim


def sent(checker, plan, parameters, source):
    answers = checker.worker.answer(plan, parameters)
    vector = torch.cat([parcel[0] for _, parcel in parcels_of(answers, plan, source)])
    return checker.fingerprinting.of(vector, SEED).claim


@pytest.mark.parametrize("claims", ["honest", "collude", "frame", "lazy", "silent"])
def test_the_honest_say_the_truth_whatever_others_do(made, claims):
    said = made(claims)
    for source in (0, 4):
        assert said[0].claim(*said[1:], 2, source, SEED) == true(*said, source)


def test_colluders_confirm_each_other_and_are_right_about_the_rest(made):
    said = made("collude")
    assert said[0].claim(*said[1:], 1, 4, SEED) == sent(*said, 4) != true(*said, 4)
    assert said[0].claim(*said[1:], 1, 0, SEED) == true(*said, 0)


def test_framers_accuse_the_honest_alone(made):
    said = made("frame")
    assert said[0].claim(*said[1:], 1, 4, SEED) == sent(*said, 4)
    claims = [said[0].claim(*said[1:], 1, source, SEED) for source in (0, 2)]
    assert true(*said, 0) != claims[0] != claims[1]
    assert len(claims[0]) == 32
    assert any(claims[0])


def test_the_lazy_and_the_silent_compute_nothing(made):
    said = made("lazy")
    assert (
        said[0].claim(*said[1:], 1, 0, SEED)
        == said[0].claim(*said[1:], 4, 2, SEED)
        != true(*said, 0)
    )
    said = made("silent")
    assert said[0].claim(*said[1:], 1, 0, SEED) == bytes(32)


@pytest.mark.parametrize("phase", ["activation", "weight_gradient", "gradient"])
def test_a_stuck_unit_strikes_what_its_worker_checks_from_its_step_on(made, phase):
    """The sums of step 0 are checked in step 1."""
    for step, right in ((1, False), (2, True)):
        fault = f"{{worker: 2, step: {step}, phase: {phase}, do: stuck, bit: 24}}"
        said = made("honest", 0, f"fault=[{fault}]")
        assert (said[0].claim(*said[1:], 2, 0, SEED) == true(*said, 0)) == right
        assert said[0].claim(*said[1:], 3, 0, SEED) == true(*said, 0)


def test_a_flip_strikes_its_own_sum_and_no_check(made):
    fault = "{worker: 2, step: 0, steps: 3, phase: gradient, do: bit_flip}"
    said = made("honest", 0, f"fault=[{fault}]")
    assert said[0].claim(*said[1:], 2, 0, SEED) == true(*said, 0)
    assert sent(*said, 2) != true(*said, 2)
