"""MoNNA against a sort by distance from the trusted vector."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.monna import Monna
from robusttrain.defense.preaggregator.nnm import Nnm


def naive(vectors, f, trusted):
    order = np.argsort(np.linalg.norm(vectors - vectors[trusted], axis=1), kind="stable")
    return vectors[order[: len(vectors) - f]].mean(axis=0)


def test_equals_the_definition(cases, agrees):
    for n, f, vectors in cases:
        for trusted in (0, n - 1):
            agrees(Monna(f, trusted), vectors, naive(vectors, f, trusted))


def test_the_trusted_row_is_found_again_when_others_are_left_out():
    vectors = torch.arange(7.0)[:, None] ** 2
    vectors[1] = torch.nan
    rest = vectors[[0, 2, 3, 4, 5, 6]]
    assert torch.equal(Monna(3, 4)(vectors), Monna(2, 3)(rest))
    assert torch.isfinite(combine([vectors], Monna(3, 4), [Nnm(2)])).all()


def test_a_trusted_row_that_is_not_finite_is_refused():
    vectors = torch.zeros(5, 2)
    vectors[2, 1] = torch.inf
    with pytest.raises(ValueError, match="monna needs a finite trusted vector; row 2 of 5"):
        Monna(1, 2)(vectors)


@pytest.mark.parametrize("trusted_row", [-1, 5])
def test_the_trusted_row_must_exist(trusted_row):
    with pytest.raises(
        ValueError,
        match=rf"(got n=5, f=1, |aggregator\.)trusted_row={trusted_row}",
    ):
        Monna(1, trusted_row)(torch.zeros(5, 2))
