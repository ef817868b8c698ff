import numpy as np
import pytest
import torch

from robusttrain.threat.fault.bit_flip import BitFlip


def flips(fault, seed, size=40):
    """[(coordinate, bit)] that differ after the fault struck `size` float32 values."""
    before = torch.randn(size, generator=torch.Generator().manual_seed(1))
    after = before.clone()
    fault.damage(after.view(torch.uint8), np.random.default_rng(seed))
    words = before.view(torch.int32) ^ after.view(torch.int32)
    return [(i, b) for i, word in enumerate(words.tolist()) for b in range(32) if word >> b & 1]


def test_one_drawn_bit_differs():
    drawn = [flips(BitFlip(), seed) for seed in range(300)]
    assert all(len(found) == 1 for found in drawn)
    assert {i for ((i, _),) in drawn} == set(range(40))
    assert {b for ((_, b),) in drawn} == set(range(32))


def test_the_bit_can_be_chosen():
    assert flips(BitFlip(3, 30), 0) == [(3, 30)]
    assert flips(BitFlip(43, 31), 0) == [(3, 31)]
    value = torch.tensor([1.5])
    BitFlip(0, 31).damage(value.view(torch.uint8), np.random.default_rng(0))
    assert value.tolist() == [-1.5]


@pytest.mark.parametrize("given", [{"bit": 32}, {"bit": -1}, {"coordinate": -1}])
def test_what_is_no_bit_is_refused(given):
    with pytest.raises(ValueError, match=f"^{next(iter(given))}="):
        BitFlip(**given)
