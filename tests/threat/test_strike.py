"""Strikes: what they change, and where a unit that is stuck is wrong."""

import numpy as np
import torch

from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.phases import Phase
from robusttrain.threat.strike import Strike

INSIDE = Phase("activation", "computed", inside=True)


def strike(fault):
    return Strike(fault, INSIDE, None, np.random.default_rng(0))


def test_a_flip_strikes_one_value_of_all_samples():
    values = torch.ones(3, 2, 2)
    strike(BitFlip(5, 31)).damage_samples(values)
    assert values.flatten().tolist() == [1, 1, 1, 1, 1, -1, 1, 1, 1, 1, 1, 1]


def test_a_stuck_unit_is_wrong_in_the_samples_where_it_would_be_something_else():
    values = torch.tensor([[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]])
    strike(Stuck(1, 31, 1)).damage_samples(values)
    assert values.tolist() == [[1, -2], [3, -4], [5, -6]]


def test_a_single_row_of_values_is_struck_as_one():
    values = torch.tensor([1.0, 2.0])
    strike(Stuck(1, 31, 1)).damage_samples(values)
    assert values.tolist() == [1, -2]


def test_what_is_empty_is_left_alone():
    strike(BitFlip()).damage_samples(torch.ones(0, 2))
    strike(Stuck()).damage_samples(torch.ones(2, 0))
