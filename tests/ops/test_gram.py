"""Inner products over blocks, and what is read off them."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.ops.blocks import LARGE, chunk
from robusttrain.ops.gram import (
    about,
    along,
    along_top,
    blurred,
    centred_gram,
    cosines,
    mean_of,
    mix,
    products,
    reach,
    squared_distances,
)


def draw(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)).double()


def test_appended_rows_join_with_their_columns():
    vectors, extra = draw(5, 11), draw(2, 11, 1)
    whole = torch.cat([vectors, extra])
    for width in (1, 4, 11):
        blocks = vectors.split(width, dim=1)
        gram = centred_gram(blocks, lambda piece, lo: extra[:, lo : lo + piece.shape[1]])
        torch.testing.assert_close(squared_distances(gram), torch.cdist(whole, whole) ** 2)


def test_pieces_of_a_block_keep_their_place():
    """A block that is worked on in several pieces."""
    width = 2 * chunk(300, torch.device("cpu")) + 3
    vectors, extra = draw(300, width), draw(1, width, 1)
    gram = centred_gram([vectors], lambda piece, lo: extra[:, lo : lo + piece.shape[1]])
    expected = (vectors - extra).square().sum(dim=1)
    torch.testing.assert_close(squared_distances(gram)[-1, :-1], expected)


@pytest.mark.parametrize("bad", [1, 4, 6, 7])
def test_rows_that_are_not_finite_spoil_no_other_however_many(bad):
    vectors = draw(7, 9)
    vectors[:bad, 3] = torch.tensor([torch.nan, torch.inf, -torch.inf] * 3)[:bad]
    gram = centred_gram([vectors])
    assert torch.isfinite(gram.diagonal()).tolist() == [i >= bad for i in range(7)]
    rest = vectors[bad:]
    found = squared_distances(gram[bad:, bad:])
    torch.testing.assert_close(found, torch.cdist(rest, rest) ** 2)


def test_the_matrix_is_symmetric_to_the_bit():
    gram = centred_gram([draw(9, 500).float()])
    assert torch.equal(gram, gram.T)


def test_about_moves_the_centre_and_drops_rounding():
    vectors = draw(6, 8)
    vectors[4] = vectors[2]
    gram = (vectors + 1e3) @ (vectors + 1e3).T
    moved = about(gram, 2)
    differences = vectors - vectors[2]
    torch.testing.assert_close(moved, differences @ differences.T, rtol=1e-6, atol=1e-6)
    assert not moved[[2, 4]].any()
    assert not moved[:, [2, 4]].any()


def test_distances_to_a_weighted_sum_and_cosines():
    vectors = draw(6, 8)
    weights = torch.tensor([0.1, 0.2, 0.3, -0.4, 0.8, 0.0]).double()
    found = reach(vectors @ vectors.T, weights)
    torch.testing.assert_close(found, (vectors - weights @ vectors).norm(dim=1))
    vectors[3] = 0
    unit = torch.nn.functional.normalize(vectors, dim=1)
    torch.testing.assert_close(cosines(vectors @ vectors.T), unit @ unit.T)


def test_the_top_direction_of_a_weighted_covariance():
    vectors, weights = draw(9, 4), torch.rand(9, generator=torch.Generator().manual_seed(1))
    weights = weights.double() / weights.sum()
    weights = weights / weights.sum()
    mean = weights @ vectors
    centred = vectors - mean
    values, axes = np.linalg.eigh(((weights[:, None] * centred).T @ centred).numpy())
    top, squares = along_top(vectors @ vectors.T, weights)
    assert top == pytest.approx(values[-1])
    np.testing.assert_allclose(squares.numpy(), (centred.numpy() @ axes[:, -1]) ** 2, atol=1e-10)
    assert along_top(torch.ones(3, 3).double(), mean_of([0, 1, 2], 3))[0] == 0


@pytest.mark.parametrize("weight", [0.0, 1e-16, 1e-60])
def test_the_top_direction_is_that_of_what_the_weights_take_in(weight):
    """A huge vector counts as its weight times its length; without weight it does not count."""
    vectors = draw(9, 4)
    vectors[8] *= 1e38
    weights = mean_of(range(8), 9)
    weights[8] = weight
    top, squares = along_top(vectors @ vectors.T, weights)
    rest = np.linalg.eigvalsh(np.cov(vectors[:8].numpy().T, bias=True))[-1]
    expected = weight * float(vectors[8] @ vectors[8]) + (rest if weight == 0 else 0)
    assert top == pytest.approx(expected, rel=1e-6)
    assert torch.isfinite(squares).all()


def test_squares_along_the_top_direction_do_not_overflow():
    vectors = draw(9, 4)
    vectors[8] *= 1e153
    _, squares = along_top(vectors @ vectors.T, mean_of(range(9), 9))
    assert torch.isfinite(squares).all()
    assert squares.argmax() == 8


@pytest.mark.parametrize("columns", [9, LARGE // 6 + 1])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_product_passes_over_rows_that_it_has_no_entry_for(columns, dtype):
    """The whole row, or the entry of one output only."""
    block = draw(6, columns).to(dtype)
    block[5] = torch.nan
    close = {"rtol": 4 * torch.finfo(dtype).eps, "atol": 4 * torch.finfo(dtype).eps}
    for rows in (torch.eye(6)[[1, 3]], torch.ones(4, 6), torch.eye(6), torch.eye(6) / 4):
        matrix = rows.double().clone()
        matrix[:, 5] = 0
        expected = (matrix[:, :5] @ block[:5].double()).to(dtype)
        torch.testing.assert_close(mix(matrix, block), expected, **close)
    matrix = torch.tensor([[0.5, 0.5, 0, 0, 0, 0], [0, 0, 0, 0, 0.5, 0.5]]).double()
    found = mix(matrix, block)
    expected = ((block[0].double() + block[1].double()) / 2).to(dtype)
    torch.testing.assert_close(found[0], expected, **close)
    assert found[1].isnan().all()


def test_single_precision_is_enough_or_found_wanting():
    vectors = draw(9, LARGE // 9 + 1).float()
    quick, exact = centred_gram([vectors], quick=True), centred_gram([vectors])
    assert not torch.equal(quick, exact)
    assert not blurred(quick, 9)
    torch.testing.assert_close(
        squared_distances(quick), squared_distances(exact), rtol=1e-6, atol=0
    )
    alike = torch.ones_like(vectors)
    for hard in (vectors * 1e-20, vectors * 1e25, alike, vectors / vectors.isnan()):
        assert blurred(centred_gram([hard], quick=True), 9)


def test_products_in_batches_equal_one_product():
    for columns in (0, 5, 4096, 10_000):
        rows = draw(5, columns).float()
        expected = rows.double() @ rows.double().T
        torch.testing.assert_close(products(rows), expected, rtol=1e-5, atol=1e-3)


def test_a_liar_that_becomes_the_centre_hides_no_difference():
    """Opposite to the others, of the median norm, a million times farther than they are apart."""
    d = LARGE // 9 + 1
    around = draw(1, d).float()
    honest = around * (1 + torch.linspace(-3e-4, 3e-4, 8)[:, None]) + 1e-3 * draw(8, d, 1).float()
    vectors = torch.cat([-around, honest])
    assert vectors[:, :256].norm(dim=1).argsort()[4] == 0
    rough = centred_gram([vectors], quick=True)
    assert blurred(rough, 9)
    for rule in (Krum(1), GeometricMedian()):
        found, expected = rule(vectors).double(), rule(vectors.double())
        assert (found - expected).norm() < 1e-7 * expected.norm()  # that of rounding


@pytest.mark.parametrize("d", [1, 7, 1024, 300_000])
def test_a_given_centre_is_taken_from_every_row_whatever_the_blocks(d):
    """Of several pieces, the last of which is narrower."""
    rows, centre, direction = draw(5, d).float(), draw(1, d, 1)[0].float(), draw(1, d, 2)[0].float()
    apart = rows.double() - centre.double()
    expected = apart @ apart.T
    for blocks in ([rows], rows.split(max(d // 3, 1), dim=1)):
        torch.testing.assert_close(
            centred_gram(blocks, centre=centre), expected, rtol=1e-12, atol=1e-9
        )
    found = along(rows, centre, direction)
    torch.testing.assert_close(found, apart @ direction.double(), rtol=1e-9, atol=1e-9)


def test_distances_of_near_twins_far_from_the_origin_are_exact_about_their_mean():
    rows = 1e4 + draw(4, 1000).float()
    rows[1] = rows[0]
    found = squared_distances(centred_gram([rows], centre=rows.mean(dim=0)))
    exact = (rows.double()[:, None] - rows.double()).square().sum(dim=2)
    torch.testing.assert_close(found, exact, rtol=1e-9, atol=1e-9)
    assert not found.diagonal().any()


def test_huge_vectors_do_not_overflow_about_one_of_them():
    rows = 1e38 * draw(3, 50).clamp(-3, 3).float()
    assert torch.isfinite(centred_gram([rows], centre=rows[0])).all()
