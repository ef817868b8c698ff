"""The equation, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from predict_parts import ROWS, SUMS, constants

from robusttrain.study.predict.equation import phase_terms, pipelined, step_terms
from robusttrain.study.predict.load import Load
from robusttrain.study.predict.work import Work

KNOWN = constants(flop=1, link=2, message=10, digest=1, rule=3, update=1, step=7)


def seconds(load, values=KNOWN) -> float:
    return step_terms(load, values) @ values


def test_sums_are_checked_beside_the_transfer():
    around = 100 + 2 * 100 * 2 + 2 * (1 + 2 * 0.5) * 10 + 7  # update, parameters, messages, step
    into = 4 * 100 * 2 + 2 * 5 * 10
    rule = 8 * 100 * 3
    assert seconds(SUMS) == 1.5 * 1000 + 100 + into + 200 / 5 + rule + around
    slow = KNOWN + constants(digest=99)
    assert seconds(SUMS, slow) == 1500 + 100 * 100 + 20_000 + into / 5 + rule + around


def test_rows_are_checked_and_aggregated_beside_the_transfer():
    into, beside = 6 * 100 * 2 + 2 * 2 * 5 * 10, 6 * 100 + 14 * 100 * 3
    around = 100 + 2 * 100 * 2 + 4 * 2 * 10 + 7
    assert seconds(ROWS) == 1000 + 3 * 100 + beside + into / 5 + around
    assert seconds(replace(ROWS, referee=0.5)) == seconds(ROWS) + 500


def test_the_last_bucket_of_ddp_is_not_hidden():
    ddp = Load("ddp", Work(30.0), 50e6, ranks=2, workers=2)  # two buckets
    slow, fast = constants(flop=1, ring=1e-6), constants(flop=1, ring=1e-8)
    assert seconds(ddp, slow) == pytest.approx(30 + 25 + (25 - 20))
    assert seconds(ddp, fast) == pytest.approx(30 + 0.25)
    one = replace(ddp, vector=1e6, ranks=4)
    assert seconds(one, constants(flop=1, ring=1e-6)) == pytest.approx(30 + 1.5)
    assert seconds(one, constants(hop=1)) == 6


def test_plain_sends_nothing():
    plain = replace(SUMS, kind="plain", checks=0.0)
    assert seconds(plain) == 1000 + 100


def test_a_stage_behind_another_adds_one_block():
    one = pipelined(np.array([9.0, 0]), np.array([0, 3.0]), 3, np.ones(2))
    assert one.tolist() == [9, 1]
    assert pipelined(np.array([9.0, 0]), np.array([0, 3.0]), 1, np.ones(2)).sum() == 12


@pytest.mark.parametrize("load", [SUMS, ROWS])
def test_phases_are_parts_of_the_step(load):
    phases = phase_terms(load, KNOWN)
    assert sum(float(terms @ KNOWN) for terms in phases.values()) < seconds(load)
    assert phases["rule"] @ KNOWN == load.ruled * 300
    assert phases["compare"] @ KNOWN == load.compared * 100  # CPU seconds, of all threads
