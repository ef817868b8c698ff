"""Whose vectors come, and the server's own."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.fl_trust import FlTrust
from robusttrain.defense.aggregator.fools_gold import FoolsGold
from robusttrain.defense.streaming.assumption import Undefined
from robusttrain.defense.streaming.identity import check_root, named, single


def test_without_names_vector_i_is_worker_is():
    assert named(None, 4).tolist() == [0, 1, 2, 3]
    assert named([7, 0, 3], 3).tolist() == [7, 0, 3]
    assert named(np.array([7, 0, 3]), 3).dtype == np.int64


@pytest.mark.parametrize("workers", [[1, 2], [1, 1, 2], [-1, 1, 2], [0.5, 1, 2], ["a", 1, 2], []])
def test_names_are_different_whole_numbers_one_for_each_vector(workers):
    with pytest.raises(ValueError, match=r"^workers=\[.*\] must name .* each of the 3 vectors"):
        named(workers, 3)


def test_vectors_that_stand_for_several_workers_are_refused():
    assert single(FoolsGold(), np.array([2, 1])).tolist() == [2, 1]
    with pytest.raises(Undefined, match=r"^fools_gold needs .*; use assignment=single and preagg"):
        single(FoolsGold(), None)


def test_a_root_is_finite():
    check_root(FlTrust(), torch.ones(3))
    for root in (None, torch.tensor([torch.inf])):
        with pytest.raises(Undefined, match=r"^fl_trust needs a"):
            check_root(FlTrust(), root)
