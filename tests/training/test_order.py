"""Pieces of keys: each sample once, in order, in nearly equal lengths."""

import numpy as np
import pytest

from robusttrain.training.order import Order, same

KEY = (np.array([[3, 1, 4], [29, 3, 0]]), np.array([7, 8]))
SAMPLES = [(3, 7), (1, 7), (4, 7), (29, 8), (3, 8), (0, 8)]


@pytest.mark.parametrize(
    ("parts", "lengths"), [(1, [6]), (2, [3, 3]), (4, [2, 2, 2]), (9, [1] * 6)]
)
def test_pieces_hold_each_sample_once_in_order(parts, lengths):
    pieces = Order(parts).pieces(KEY)
    assert [len(piece) for piece in pieces] == lengths
    assert [sample for piece in pieces for sample in piece] == SAMPLES


def test_all_keys_are_read_in_turn():
    order = Order(2)
    order.keys = [KEY, KEY]
    assert [sample for piece in order for sample in piece] == 2 * SAMPLES


def test_keys_are_equal_if_numbers_and_seeds_are():
    numbers, seeds = KEY
    assert same(KEY, (numbers.copy(), seeds.copy()))
    assert not same(KEY, (numbers, seeds + 1))
    assert not same(KEY, (numbers[:1], seeds[:1]))
