"""CGE against a sort by norm."""

import numpy as np
import torch

from robusttrain.defense.aggregator.cge import Cge


def test_equals_the_definition(cases, agrees):
    for n, f, vectors in cases:
        order = np.argsort(np.linalg.norm(vectors, axis=1), kind="stable")
        agrees(Cge(f), vectors, vectors[order[: n - f]].mean(axis=0))


def test_a_short_liar_stays():
    honest = torch.full((4, 3), 2.0)
    out = Cge(1)(torch.cat([honest, torch.full((1, 3), -1.0)]))
    torch.testing.assert_close(out, torch.full((3,), 1.25))


def test_norms_are_exact_far_from_the_origin():
    vectors = torch.full((5, 3), 1e5).double() + torch.arange(5).double()[:, None] * 1e-3
    torch.testing.assert_close(Cge(1)(vectors), vectors[:4].mean(dim=0), rtol=1e-14, atol=0)
