"""The report: what is fitted, judged and answered."""

from dataclasses import replace

import pytest
from predict_parts import TRUE, point_of, random_loads
from rich.table import Table

from robusttrain.study.predict.machine import Machine
from robusttrain.study.predict.report import Question, verdict

POINTS = [point_of(load, TRUE) for load in random_loads(0, 40)]


def test_constants_held_out_points_and_both_summaries():
    wrong = point_of(random_loads(9, 1)[0], TRUE, name="wrong", noise=2)
    constants, judged, fitted, held = verdict(POINTS, [POINTS[0], wrong])
    assert isinstance(constants, Table)
    assert isinstance(judged, Table)
    assert judged.row_count == 2
    assert fitted.startswith("40 of 40 points that were fitted are within 20%")
    assert held.startswith("1 of 2 points that were held out are within 20%")
    assert "-50% (wrong)" in held


def test_points_of_two_devices_are_refused():
    with pytest.raises(ValueError, match="points of cpu and cuda"):
        verdict(POINTS, [replace(POINTS[0], device="cuda")])


def test_the_answer_is_a_table_and_where_the_link_is_full():
    table, full = Question(Machine(), [64], [1e8], ["unprobed"]).answer()
    assert isinstance(table, Table)
    assert "from 1.54 GPUs on" in full
