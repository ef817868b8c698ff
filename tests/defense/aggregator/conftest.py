"""Vectors for the tests of single rules."""

import numpy as np
import pytest
import torch


@pytest.fixture(params=range(3), ids=lambda seed: f"seed{seed}")
def cases(request):
    """(n, f, vectors [n, d] float64): few and many dimensions, plain, off centre, attacked."""
    rng = np.random.default_rng(request.param)
    found = []
    for n, f, d in [(3, 0, 2), (5, 1, 1), (9, 2, 4), (11, 2, 30), (15, 3, 8)]:
        plain = rng.normal(size=(n, d))
        attacked = plain + 0.7
        attacked[rng.choice(n, f, replace=False)] += 30 * rng.normal(size=(f, d)) if f else 0
        found += [(n, f, plain), (n, f, plain + 5 * rng.normal(size=d)), (n, f, attacked)]
    return found


@pytest.fixture
def agrees():
    """agrees(rule, vectors, expected): the rule in doubles gives that, in singles nearly."""

    def check(rule, vectors, expected, tolerance=1e-8):
        found = rule(torch.from_numpy(vectors)).numpy()
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        # The choice among nearly equal candidates is not asked for in single precision.
        single = rule(torch.from_numpy(vectors.astype("f4")))
        assert single.dtype == torch.float32
        again = rule(torch.from_numpy(vectors.astype("f4").astype("f8"))).numpy()
        np.testing.assert_allclose(single.numpy(), again, rtol=1e-4, atol=1e-5)

    return check
