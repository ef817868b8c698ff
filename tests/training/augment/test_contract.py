"""What every augmentation in configs/augment must do."""

import numpy as np
import pytest
import torch
from support import component, members

AUGMENTS = members("augment")


@pytest.fixture(scope="module", params=AUGMENTS, ids=lambda path: path.stem)
def augment(request):
    return component(request.param)


def draw(*shape):
    pixels = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    return torch.from_numpy(pixels)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (5, 3, 32, 32), (2, 2, 9, 6)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_shape_and_type_are_kept(augment, shape, dtype):
    images = draw(*shape).to(dtype)
    before = images.clone()
    out = augment(images, 3)
    assert (out.shape, out.dtype) == (images.shape, dtype)
    assert torch.equal(images, before)


@pytest.mark.parametrize("seed", [0, 1, 2**62 - 1])
def test_the_seed_decides_every_pixel(augment, seed):
    images = draw(6, 3, 16, 16)
    first = augment(images, seed)
    torch.rand(3)
    np.random.rand(3)
    assert torch.equal(augment(images.clone(), seed), first)


def test_no_global_generator_is_touched(augment):
    torch.manual_seed(0)
    state = torch.get_rng_state()
    augment(draw(4, 1, 8, 8), 0)
    assert torch.equal(torch.get_rng_state(), state)
