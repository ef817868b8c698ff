"""The flipped sign."""

import torch

from robusttrain.threat.attack.sign_flip import SignFlip


def test_by_hand(knowledge):
    honest = torch.tensor([[1.0, -2.0], [0.5, 0.0]])
    rows = SignFlip().forge(knowledge(honest))
    assert torch.equal(rows, torch.tensor([[-1.0, 2.0], [-0.5, 0.0]]))
    assert torch.equal(rows.norm(dim=1), honest.norm(dim=1))
