"""ResNet-18: the published number of parameters, without BatchNorm."""

import pytest
import torch
from torch import nn

from robusttrain.training.model.base import check_pure
from robusttrain.training.model.resnet18 import resnet18

torch.set_num_threads(1)


def size(model):
    return sum(p.numel() for p in model.parameters())


def test_for_cifar():
    model = resnet18((3, 32, 32), 10, groups=32, small_images=True)
    check_pure(model)
    assert size(model) == 11_173_962
    norms = [layer for layer in model.modules() if isinstance(layer, nn.GroupNorm)]
    assert len(norms) == 20
    assert {norm.num_groups for norm in norms} == {32}
    assert not list(model.buffers())


@pytest.mark.parametrize("small_images", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(channels, small_images):
    model = resnet18((channels, 32, 32), 7, groups=16, small_images=small_images)
    assert model.conv1.in_channels == channels
    assert model.conv1.stride == ((1, 1) if small_images else (2, 2))
    with torch.no_grad():
        assert model(torch.zeros(1, channels, 32, 32)).shape == (1, 7)


def test_for_large_images_it_is_the_published_network():
    assert size(resnet18((3, 224, 224), 1000, groups=32, small_images=False)) == 11_689_512


@pytest.mark.parametrize("groups", [0, -2, 3, 128])
def test_groups_that_do_not_divide_are_refused(groups):
    with pytest.raises(ValueError, match=f"model.groups={groups} must divide 64"):
        resnet18((3, 32, 32), 10, groups, True)
