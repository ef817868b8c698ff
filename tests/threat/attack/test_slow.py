"""The truth, late. (That the rank waits is tested in test_worker.)"""

import math

import pytest
import torch

from robusttrain.threat.attack.slow import Slow


def test_waits_and_tells_the_truth(knowledge, gradients):
    assert Slow(2.5).wait == 2.5
    seen = knowledge(gradients(2, 5))
    rows = Slow(2.5).forge(seen)
    assert torch.equal(rows, seen.honest)
    assert rows.data_ptr() != seen.honest.data_ptr()


@pytest.mark.parametrize("seconds", [0, -1, 1e6, math.nan, math.inf])
def test_refuses_what_is_no_time(seconds):
    with pytest.raises(ValueError) as error:
        Slow(seconds)
    assert str(error.value) == f"attack.seconds={seconds} must be > 0 and < 1e6; use 1"
