"""Clipping of norms, by hand."""

import pytest
import torch

from robusttrain.defense.preaggregator.clipping import Clipping


def test_by_hand():
    vectors = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0], [0.0, -1e30]])
    expected = torch.tensor([[1.2, 1.6], [0.3, 0.4], [0.0, 0.0], [0.0, -2.0]])
    torch.testing.assert_close(Clipping(2.0)(vectors), expected)


def test_norms_are_about_the_origin_even_far_from_it():
    vectors = torch.full((3, 4), 1e6).double() + torch.arange(3)[:, None]
    out = Clipping(2e6 + 2.0)(vectors)
    torch.testing.assert_close(
        out.norm(dim=1), vectors.norm(dim=1).clamp(max=2e6 + 2), rtol=1e-13, atol=0
    )


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan")])
def test_bad_radii_are_refused(radius):
    with pytest.raises(ValueError, match=r"clipping\.radius=.* must be > 0"):
        Clipping(radius)
