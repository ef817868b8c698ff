"""The free rider."""

import torch

from robusttrain.threat.attack.zero import Zero


def test_sends_zeros(knowledge, gradients):
    honest = gradients(3, 5)
    rows = Zero().forge(knowledge(honest))
    assert rows.shape == (3, 5)
    assert rows.numpy().tobytes() == bytes(4 * 15)
    assert torch.equal(honest, gradients(3, 5))
