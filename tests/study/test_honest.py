"""A short training in which nobody lies: all sums are checked, nobody is convicted."""

import pytest

from robusttrain.defense import probe_verdict
from robusttrain.study.honest import SETTINGS, honest_run, honest_table


@pytest.mark.parametrize("setting", SETTINGS)
def test_nobody_is_convicted(setting):
    found = honest_run(setting, workers=7, checkers=2, steps=12)
    assert (found.checks, found.disputes, found.convicted) == (168, 0, set())
    assert (found.zeros, found.unseen, found.blamed) == (7 * ("products" in setting), 0, 0)
    assert 0 < found.loss < 2.3


def test_a_tolerance_without_room_is_seen(monkeypatch):
    monkeypatch.setattr(probe_verdict.Within, "_tau", lambda self, norm: 0.0)
    assert honest_run("products, mixed hardware", workers=7, checkers=2, steps=2).convicted


def test_the_table_has_a_row_for_each_setting():
    assert honest_table(workers=5, checkers=1, steps=1).row_count == len(SETTINGS)
