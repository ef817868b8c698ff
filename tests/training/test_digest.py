"""Digests of trees."""

import torch

from robusttrain.training.digest import digest


def test_digests_tell_trees_apart():
    def pair(value, dtype=torch.float32):
        return torch.full((2, 2), value, dtype=dtype), torch.zeros(2)

    assert digest(pair(1.0)) == digest(list(pair(1.0)))
    assert digest(pair(1.0)) != digest(pair(2.0))
    assert digest(pair(1.0, torch.bfloat16)) != digest(pair(2.0, torch.bfloat16))
    assert digest([1, 2]) == digest(torch.tensor([1, 2]))
