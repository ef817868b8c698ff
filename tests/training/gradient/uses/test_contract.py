"""What holds for all uses: the folder is the list, and sums undo what broadcasting does."""

import torch

from robusttrain.training.gradient import uses
from robusttrain.training.gradient.uses.base import Use, flat, shared
from robusttrain.training.gradient.weights import known


def test_every_use_of_the_folder_is_known():
    kinds = {getattr(uses, n) for n in dir(uses) if n[0].isupper()} - {Use}
    kinds = {kind for kind in kinds if issubclass(kind, Use)}
    assert {type(use) for use in known().values()} == kinds
    assert sum(len(kind.functions) for kind in kinds) >= len(known())


def test_sums_undo_broadcasting():
    rows = torch.ones(2, 3, 4, 5)
    assert torch.equal(shared(rows, (5,)), torch.full((2, 5), 12.0))
    assert torch.equal(shared(rows, (4, 1)), torch.full((2, 4, 1), 15.0))


def test_rows_are_joined_for_each_task():
    assert flat(torch.zeros(2, 3, 4, 5)).shape == (2, 12, 5)
