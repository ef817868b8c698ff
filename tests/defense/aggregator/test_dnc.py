"""DnC against a singular value decomposition."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.dnc import Dnc


def naive(vectors, f, c):
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred)
    scores = (centred @ directions[0]) ** 2
    return vectors[np.argsort(scores)[: len(vectors) - int(np.ceil(c * f))]].mean(axis=0)


@pytest.mark.parametrize("c", [0.5, 1.0])
def test_equals_the_definition(cases, agrees, c):
    for _, f, vectors in cases:
        agrees(Dnc(f, c), vectors, naive(vectors, f, c), 1e-7)


def test_identical_far_liars_are_dropped_and_spread_ones_are_not():
    honest = torch.randn(12, 40, generator=torch.Generator().manual_seed(0)).double()
    lie = torch.zeros(40).double()
    lie[0] = 100.0
    together = torch.cat([honest, lie.expand(4, 40)])
    torch.testing.assert_close(Dnc(4)(together), honest.mean(dim=0))
    apart = torch.cat([honest, 1e3 * torch.eye(40)[:4].double() + 1e3])
    assert Dnc(2)(apart).norm() > 100


def test_liars_of_several_sizes_are_not_all_dropped():
    """The longest sets the direction and the mean, in which the next is as near as the honest."""
    honest = torch.randn(12, 40, generator=torch.Generator().manual_seed(0)).double()
    sizes = torch.tensor([1e3, 1e6, 1e9, 1e12]).double()
    rows = torch.cat([honest, sizes.diag() @ torch.eye(40)[:4].double()])
    assert Dnc(4)(rows).norm() > 50
    assert Dnc(4).tolerates(16) == 1
    assert Dnc(0).tolerates(16) == 0


def test_c_is_checked():
    with pytest.raises(ValueError, match=r"dnc needs .*; got n=5, f=2, c=3"):
        Dnc(2, 3.0).check(5)
    with pytest.raises(ValueError, match=r"c=-1"):
        Dnc(2, -1.0).check(5)
