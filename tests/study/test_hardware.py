"""Classes of hardware: sums that differ a little, and always in the same way."""

import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.run.simulate import simulate
from robusttrain.study.hardware import MIXED, Fleet, OtherKernels, RoundedDouble
from robusttrain.training.gradient.sums import Sums


@pytest.fixture(scope="module")
def fleet():
    from robusttrain.config.compose import compose

    made, ranks = recipe(compose(*PROBES, "probe.claim=product", "steps=1")), Fleet(MIXED)
    simulate(made, None, 7, side=ranks)
    return ranks


def test_ranks_are_of_the_classes_in_turn(fleet):
    kinds = [type(side.worker.recompute.gradients.sums) for side in fleet.sides]
    assert kinds == [Sums, OtherKernels, RoundedDouble] * 2 + [Sums]


def test_their_sums_differ_by_rounding_and_are_repeatable(fleet):
    plan, parameters = fleet.sides[0].published[-1]

    def made(side):
        rows = side.worker.recompute.gradients.rows
        return rows(parameters, plan, plan.held([2]), torch.empty(1, len(parameters)))[0]

    first, *others = [made(side) for side in fleet.sides[:3]]
    for side, other in zip(fleet.sides[1:], others, strict=False):
        assert 0 < (other - first).norm() < 1e-5 * first.norm()
        assert torch.equal(made(side), other)
