"""Judgement: which held-out points are beyond the limit."""

from dataclasses import replace

import numpy as np
import pytest
from predict_parts import TRUE, point_of, random_loads

from robusttrain.study.predict.fit import Fitted
from robusttrain.study.predict.judge import judge, same_device, split

KNOWN = Fitted(TRUE, np.ones(len(TRUE), bool))


def test_points_are_held_to_a_fifth_of_what_was_measured():
    load = random_loads(0, 1)[0]
    points = [point_of(load, TRUE, noise=noise) for noise in (1.0, 0.8, 1.3)]
    same, over, under = judge(KNOWN, points)
    assert same.error == pytest.approx(0)
    assert over.error == pytest.approx(0.25)
    assert under.error == pytest.approx(1 / 1.3 - 1)
    assert [point.holds for point in (same, over, under)] == [True, False, False]


def test_every_third_point_is_held_out():
    points = [point_of(load, TRUE, name=str(n)) for n, load in enumerate(random_loads(0, 7))]
    fitted, held = split(points)
    assert [point.name for point in held] == ["2", "5"]
    assert len(fitted) == 5


def test_points_of_one_device_alone():
    point = point_of(random_loads(0, 1)[0], TRUE)
    assert same_device([point, point]) == "cpu"
    with pytest.raises(ValueError, match="points of cpu and cuda"):
        same_device([point, replace(point, device="cuda")])
