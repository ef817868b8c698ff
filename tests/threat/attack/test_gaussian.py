"""Gaussian noise: its moments, and who draws the same."""

import math

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.gaussian import Gaussian

D = 200_000


def test_moments_are_those_of_the_normal_distribution(knowledge):
    rows = Gaussian(-2.0, 5.0).forge(knowledge(torch.zeros(2, D))).double()
    for row in rows:
        z = (row + 2.0) / 5.0
        error = D**-0.5
        assert abs(z.mean()) < 4 * error
        assert abs(z.square().mean() - 1) < 4 * error * 2**0.5
        assert abs(z.pow(3).mean()) < 4 * error * 15**0.5
        assert abs(z.pow(4).mean() - 3) < 4 * error * 96**0.5
    assert abs(torch.corrcoef(rows)[0, 1]) < 4 * error


def test_draws_depend_on_step_task_and_seed_and_on_nothing_else(knowledge, gradients):
    def row(**changes):
        seen = {"tasks": np.array([7])} | changes
        return Gaussian(0.0, 200.0).forge(knowledge(gradients(1, 50), **seen)).numpy().tobytes()

    others = [row(step=1), row(tasks=np.array([8])), row(seed=1), row(worker=3)]
    assert len({row(), *others}) == 5
    assert row(workers=9, byzantine=1, forged=5, omniscient=False) == row()


@pytest.mark.parametrize("mean", [math.nan, math.inf, "no"])
def test_refuses_a_mean_that_is_not_finite(mean):
    with pytest.raises(ValueError) as error:
        Gaussian(mean, 1.0)
    assert str(error.value) == f"attack.mean={mean} must be a finite number; use 0"


@pytest.mark.parametrize("sigma", [0, -1.0, math.nan, math.inf])
def test_refuses_a_sigma_that_is_no_deviation(sigma):
    with pytest.raises(ValueError) as error:
        Gaussian(0.0, sigma)
    assert str(error.value) == f"attack.sigma={sigma} must be > 0 and finite; use 200"
