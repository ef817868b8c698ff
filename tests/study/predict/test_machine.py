"""Machines: what is assumed reaches the equation; other values are refused."""

import pytest
from predict_parts import constants

from robusttrain.study.predict.machine import Machine


def test_rates_become_seconds():
    machine = Machine(flops=4.0, bandwidth=2.0, digest=8.0, memory_rate=10.0, message=3.0)
    expected = constants(
        flop=0.25, ring=0.5, link=0.5, digest=0.125, rule=0.1, update=0.5, message=3
    )
    assert machine.constants() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"flops": -1.0}, r"--flops -1 must be a finite number > 0; use 4e\+14"),
        ({"bandwidth": 0.0}, "--bandwidth 0 must be"),
        ({"memory_rate": float("nan")}, "--memory-rate nan must be"),
        ({"tokens": float("inf")}, "--tokens inf must be"),
    ],
)
def test_other_values_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Machine(**changes)
