"""Checks of single values."""

import math

import numpy as np
import pytest

from robusttrain.values import check_finite, check_whole, is_share, shown


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", True, None])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError) as error:
        check_finite("key.x", value, use=2.5)
    assert str(error.value) == f"key.x={shown(value)} must be a finite number; use 2.5"
    for fine in (0, -3, 1e300):
        check_finite("key.x", fine, use=1)


@pytest.mark.parametrize("value", [1, -5, 2.0, "3", True, None])
def test_what_is_no_whole_number_or_too_small_is_refused(value):
    with pytest.raises(ValueError) as error:
        check_whole("key.x", value, 2, use="7")
    assert str(error.value) == f"key.x={shown(value)} must be a whole number >= 2; use 7"
    for fine in (2, np.int64(3)):
        check_whole("key.x", fine, 2, use="7")


def test_a_share_is_a_number_from_0_to_1():
    assert all(map(is_share, (0, 1, 0.5)))
    assert not any(map(is_share, (-0.1, 1.1, math.nan, True, None, "0.5")))
