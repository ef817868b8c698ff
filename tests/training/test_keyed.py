"""Items that draw from global generators follow from (number, seed)."""

import random

import numpy as np
import pytest
import torch

from robusttrain.training.keyed import Keyed, generators_kept
from robusttrain.usercode.broken import Broken

DRAWS = (random.random, np.random.rand, lambda: torch.rand(()).item())


class Drawing:
    """Each item is a draw of one global generator."""

    def __init__(self, draw):
        self.draw = draw

    def __getitem__(self, number):
        if number == 9:
            raise OSError("no such file")
        return self.draw()


@pytest.mark.parametrize("draw", DRAWS)
def test_an_item_follows_from_its_number_and_seed(draw):
    items = Keyed(Drawing(draw))
    first = items.__getitems__([(0, 1), (1, 1), (0, 2)])
    draw()
    assert items.__getitems__([(0, 2), (0, 1), (1, 1)]) == [first[2], first[0], first[1]]
    assert len(set(first)) == 3


@pytest.mark.parametrize("draw", DRAWS)
def test_the_generators_go_on_as_if_nothing_had_been_read(draw):
    with generators_kept():
        after = draw()
    Keyed(Drawing(draw)).__getitems__([(0, 1)])
    assert draw() == after


def test_an_item_that_raises_is_told_by_its_number():
    broken = Keyed(Drawing(random.random)).__getitems__([(0, 1), (9, 1)])
    assert isinstance(broken, Broken)
    assert str(broken).startswith("data: sample 9 raised OSError: no such file")
