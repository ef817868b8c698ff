"""The mean: right, and not robust."""

import torch

from robusttrain.defense.aggregator.mean import Mean


def test_by_hand():
    vectors = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 1.0]])
    assert torch.equal(Mean()(vectors), torch.tensor([3.0, 3.0]))


def test_one_vector_moves_it_anywhere():
    rule, target = Mean(), torch.full((4,), 1e6)
    honest = torch.randn(10, 4, generator=torch.Generator().manual_seed(0))
    lie = 11 * target - honest.sum(dim=0)
    torch.testing.assert_close(rule(torch.cat([honest, lie[None]])), target)
    assert rule.tolerates(11) == 0
