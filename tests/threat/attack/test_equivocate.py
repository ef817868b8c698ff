"""Equivocation: commit to the truth, deliver a lie."""

import pytest
import torch

from robusttrain.threat.attack.equivocate import Equivocate


def test_commits_to_the_honest_rows_and_delivers_others(knowledge):
    honest = torch.tensor([[1.0, -2.0], [0.5, 4.0]])
    attack = Equivocate(scale=3.0)
    rows = attack.forge(knowledge(honest))
    assert torch.equal(rows, honest)
    assert rows.data_ptr() != honest.data_ptr()
    assert torch.equal(attack.deliver(rows), torch.tensor([[-3.0, 6.0], [-1.5, -12.0]]))


def test_refuses_to_send_the_truth():
    with pytest.raises(ValueError) as error:
        Equivocate(-1)
    assert str(error.value) == "attack.scale=-1 would send what was committed to; use 100"
