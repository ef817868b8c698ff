"""Fits: constants that were there are found again."""

from dataclasses import replace

import numpy as np
import pytest
from predict_parts import TRUE, point_of, random_loads

from robusttrain.study.predict.equation import CONSTANTS
from robusttrain.study.predict.fit import fit


@pytest.mark.parametrize("seed", range(5))
def test_constants_of_exact_points_are_found_again(seed):
    scaled = TRUE * 10.0 ** np.random.default_rng(seed).uniform(-0.5, 0.5, len(TRUE))
    fitted = fit([point_of(load, scaled) for load in random_loads(seed, 40)])
    assert fitted.known.all()
    assert np.allclose(fitted.values, scaled, rtol=1e-4)


def test_loads_that_were_not_fitted_are_predicted():
    loads = random_loads(7, 60)
    fitted = fit([point_of(load, TRUE) for load in loads[:40]])
    for load in loads[40:]:
        assert fitted.seconds(load) == pytest.approx(point_of(load, TRUE).seconds, rel=1e-3)


def test_steps_alone_are_enough():
    points = [replace(point_of(load, TRUE), phases={}) for load in random_loads(3, 80)]
    fitted = fit(points)
    assert all(abs(fitted.seconds(p.load) / p.seconds - 1) < 1e-2 for p in points)


def test_no_constant_is_negative_whatever_the_noise():
    rng = np.random.default_rng(1)
    points = [
        point_of(load, TRUE, noise=float(rng.uniform(0.5, 2))) for load in random_loads(1, 24)
    ]
    assert (fit(points).values >= 0).all()


def test_fewer_points_than_constants_are_refused():
    points = [point_of(load, TRUE) for load in random_loads(0, len(CONSTANTS) - 1)]
    with pytest.raises(ValueError, match="too few points to fit: 10 for 11 constants"):
        fit(points)
    with pytest.raises(ValueError, match="too few points to fit: 0 for 1"):
        fit([])


def test_what_no_point_says_anything_of_is_not_predicted():
    loads = random_loads(2, 80)
    plain = [load for load in loads if load.kind == "plain"]
    fitted = fit([point_of(load, TRUE) for load in plain])
    assert [name for name, known in zip(CONSTANTS, fitted.known, strict=True) if known] == [
        "flop", "byte", "call", "update",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="depends on ring, hop, of which no fitted point"):
        fitted.seconds(next(load for load in loads if load.kind == "ddp"))
