"""The plan of what is measured."""

from math import comb

import pytest

from robusttrain.study.predict.equation import CONSTANTS
from robusttrain.study.predict.plan import PLAN, ROWS, SHARE
from robusttrain.study.price.rows import REPLICATION


@pytest.mark.parametrize("measured", PLAN, ids=lambda measured: measured.name)
def test_batches_can_be_shared_out(measured):
    given = dict(word.removeprefix("--").split("=") for word in measured.options)
    workers, batch = int(given["workers"]), int(given["batch"])
    assert batch % workers == 0 == batch % comb(workers, REPLICATION)
    words = measured.words(quick=False)
    assert words[0] == "step"
    assert tuple(words[-len(ROWS) :]) == ROWS


@pytest.mark.parametrize("quick", [True, False])
def test_enough_points_are_fitted_and_some_held_out(quick):
    chosen = [measured for measured in PLAN if measured.quick or not quick]
    fitted = sum(not measured.held for measured in chosen) * (len(ROWS) - 1)
    assert SHARE in ROWS
    assert fitted >= len(CONSTANTS)
    assert any(measured.held for measured in chosen)
    assert len({measured.name for measured in chosen}) == len(chosen)
