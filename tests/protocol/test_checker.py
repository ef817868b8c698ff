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

    def of(claims, lanes=0):
        checked = recipe(configure(*PROBES, *LIARS, f"threat.claims={claims}"))
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
