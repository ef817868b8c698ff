"""Errors within the tolerance pass and move parameters as is reckoned; larger ones do not."""

import pytest

from robusttrain.study.under import pushed, under_table


def test_small_errors_pass_and_move_parameters_no_further_than_reckoned_for_sgd():
    found = pushed("sgd", 0.1, steps=30)
    assert found.convicted == 0
    assert 0 < found.distance <= 1.05 * found.bound


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_large_errors_cost_their_authors_the_run(optimizer):
    assert pushed(optimizer, 1000, steps=30).convicted == 3


def test_the_table_has_a_row_for_each_length_and_optimizer():
    assert under_table(steps=1).row_count == 10
