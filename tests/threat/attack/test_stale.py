"""Stale gradients. (That the past is what it was is tested in test_worker.)"""

import pytest
import torch

from robusttrain.threat.attack.stale import Stale
from robusttrain.values import shown


def test_replays_what_was_true_so_many_steps_ago(knowledge, gradients):
    past = {steps: gradients(2, 5, seed=steps) for steps in (1, 2, 3)}
    seen = knowledge(gradients(2, 5), earlier=past.get)
    for steps, rows in past.items():
        assert Stale(steps).memory == steps
        assert torch.equal(Stale(steps).forge(seen), rows)


def test_tells_the_truth_before_there_is_a_past(knowledge, gradients):
    seen = knowledge(gradients(2, 5))
    rows = Stale(4).forge(seen)
    assert torch.equal(rows, seen.honest)
    assert rows.data_ptr() != seen.honest.data_ptr()


@pytest.mark.parametrize("delay", [0, -1, 1.5, True, None])
def test_refuses_what_is_no_number_of_steps(delay):
    with pytest.raises(ValueError) as error:
        Stale(delay)
    assert str(error.value) == f"attack.delay={shown(delay)} must be a whole number >= 1; use 10"
