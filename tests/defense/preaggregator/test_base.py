"""The Gram matrix and the product with a mixing matrix."""

import pytest
import torch

from robusttrain.defense.preaggregator.base import centred_gram, mix


def draw(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("width", [1, 4, 10])
def test_distances_follow_from_the_gram_matrix(width):
    vectors = draw(7, 10) + 5
    gram = centred_gram(list(vectors.split(width, dim=1)))
    norms = gram.diagonal()
    squared = norms[:, None] + norms - 2 * gram
    torch.testing.assert_close(squared, torch.cdist(vectors, vectors) ** 2, atol=1e-10, rtol=1e-9)
    assert gram.dtype == torch.float64


def squared_distances(gram: torch.Tensor) -> torch.Tensor:
    norms = gram.diagonal()
    return norms[:, None] + norms - 2 * gram


def test_a_far_common_centre_costs_no_precision():
    vectors = draw(7, 10)
    near, far = (squared_distances(centred_gram([vectors + shift])) for shift in (0.0, 1e7))
    torch.testing.assert_close(far, near, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("scale", [1e3, 1e12, 1e30])
def test_one_far_vector_does_not_drown_the_distances_of_the_others(scale):
    vectors = draw(7, 10)
    vectors[4] = scale
    others = [0, 1, 2, 3, 5, 6]
    squared = squared_distances(centred_gram([vectors]))[others][:, others]
    expected = torch.cdist(vectors[others], vectors[others]) ** 2
    torch.testing.assert_close(squared, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("filled", [0, 1, 3, 9, 10])
def test_sparse_and_dense_products_agree(filled, dtype):
    """mix() takes its sparse path where at most half of the entries are filled."""
    matrix, block = torch.zeros(4, 10, dtype=torch.float64), draw(10, 33, dtype=dtype)
    for i, row in enumerate(matrix):
        order = torch.randperm(10, generator=torch.Generator().manual_seed(i))
        row[order[:filled]] = draw(filled, seed=i)
    before = block.clone()
    found = mix(matrix, block)
    torch.testing.assert_close(found, matrix.to(dtype) @ block, rtol=1e-5, atol=1e-6)
    assert found.dtype == dtype
    assert torch.equal(block, before)


def test_blocks_that_are_not_contiguous():
    vectors, matrix = draw(10, 33), torch.eye(10, dtype=torch.float64)[[3, 1]]
    for block in vectors.split(7, dim=1):
        assert torch.equal(mix(matrix, block), block[[3, 1]])
