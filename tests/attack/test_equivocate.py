"""Equivocation: commit to the truth, deliver a lie."""

import torch

from robusttrain.attack.base import View
from robusttrain.attack.equivocate import Equivocate


def test_commits_to_the_honest_rows_and_delivers_others():
    honest = torch.tensor([[1.0, -2.0], [0.5, 4.0]])
    attack = Equivocate(scale=3.0)
    rows = attack.forge(View(honest, honest[:0], 15, 3))
    assert torch.equal(rows, honest)
    assert rows.data_ptr() != honest.data_ptr()
    assert torch.equal(attack.deliver(rows), torch.tensor([[-3.0, 6.0], [-1.5, -12.0]]))
