"""Lies pass no more often than stated, whatever their direction."""

import math

import numpy as np
import pytest

from robusttrain.certificate.products import drift, pass_chance
from robusttrain.redundancy.fingerprint import SD, UNIT


def passed(error: np.ndarray, ratio: float, draws: int) -> float:
    """The share of vectors r for which |<r, e>| is within the reach."""
    rng = np.random.default_rng(len(error))
    r = (rng.integers(-(2**14), 2**14, (draws, len(error))) * 2 + 1) * UNIT
    reach = ratio * SD * np.linalg.norm(error)
    return float(np.mean(np.abs(r @ error) <= reach * (1 + 1e-12)))


ERRORS = {
    "one coordinate": np.array([1.0]),
    "two alike": np.array([1.0, -1.0]),
    "three": np.array([1.0, 2.0, 3.0]),
    "dense": np.random.default_rng(0).standard_normal(30),
    "one large": np.array([1.0, *[1e-3] * 20]),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("ratio", [0, 1e-4, 1e-2, 0.1, 0.5])
def test_a_lie_passes_no_more_often_than_stated(error, ratio):
    draws, bound = 100_000, pass_chance(ratio, 1)
    assert passed(error, ratio, draws) <= bound + 5 * math.sqrt(bound / draws)


def test_the_chance_to_pass_is_nearly_attained_by_two_equal_errors():
    bound = pass_chance(0.01, 1)
    assert passed(ERRORS["two alike"], 0.01, 400_000) > 0.9 * bound


def test_the_chance_to_pass_is_the_smaller_of_two_lines():
    for ratio in (0, 1e-4, 1e-3, 0.1):
        lines = (1.089 * ratio + 6.65e-5, 0.8165 * ratio + 1.247e-4)
        assert pass_chance(ratio, 1) == pytest.approx(min(lines), rel=1e-3)
        assert pass_chance(ratio, 3) == pytest.approx(min(lines) ** 3, rel=3e-3)
    assert pass_chance(7.0, 2) == 1.0


def test_errors_of_the_drift_pass_more_often_than_not_and_longer_ones_do_not():
    dense = ERRORS["dense"]
    assert passed(dense, 1.0, 20_000) > 0.6
    assert passed(dense, 1 / 4, 20_000) < 0.25


def test_the_drift_is_that_of_plain_steps_with_the_mean():
    rng, rates = np.random.default_rng(0), np.linspace(0.1, 0.01, 40)
    direction = np.array([0.6, 0.8])
    gradients = rng.standard_normal((40, 5, 2))
    lied = gradients.copy()
    lied[:, :2] += 0.03 * direction
    moved = [-(rates[:, None] * rows.mean(axis=1)).sum(axis=0) for rows in (gradients, lied)]
    assert np.linalg.norm(moved[1] - moved[0]) == pytest.approx(drift(5, 2, 0.03, rates))
