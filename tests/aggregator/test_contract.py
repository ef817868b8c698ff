"""What every rule in configs/aggregator must do."""

import pytest
import torch
from omegaconf import OmegaConf
from support import component, members

from robusttrain.aggregator.base import GramRule, combine
from robusttrain.pre.base import centred_gram

RULES = members("aggregator")
N, D, F = 11, 24, 2
DTYPES = [torch.float32, torch.float64]


def load(path, f=F):
    described = OmegaConf.load(path)
    return component(path, **({"f": f} if "f" in described and described.f is None else {}))


@pytest.fixture(scope="module", params=RULES, ids=lambda path: path.stem)
def rule(request):
    return load(request.param)


def draw(n=N, d=D, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64).to(dtype)


def close(found, expected, tolerance=1e-5):
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


def allowed(rule, n):
    try:
        rule.check(n)
    except ValueError:
        return False
    return True


def test_there_are_rules():
    assert len(RULES) >= 5


@pytest.mark.parametrize("dtype", DTYPES)
def test_shape_and_dtype_are_kept(rule, dtype):
    vectors = draw(dtype=dtype)
    before = vectors.clone()
    out = rule(vectors)
    assert (out.shape, out.dtype) == ((D,), dtype)
    assert torch.isfinite(out).all()
    assert torch.equal(vectors, before)


@pytest.mark.parametrize("dtype", DTYPES)
def test_order_of_the_vectors_is_irrelevant(rule, dtype):
    vectors = draw(dtype=dtype)
    for seed in range(3):
        order = torch.randperm(N, generator=torch.Generator().manual_seed(seed))
        close(rule(vectors[order]), rule(vectors))


@pytest.mark.parametrize("n", [7, N, 70])
@pytest.mark.parametrize("dtype", DTYPES)
def test_identical_vectors_give_that_vector(rule, n, dtype):
    vector = draw(1, dtype=dtype)
    close(rule(vector.expand(n, D)), vector[0])


def test_zeros_give_zero(rule):
    assert torch.equal(rule(torch.zeros(N, D)), torch.zeros(D))


def test_a_single_vector_is_returned(rule):
    if allowed(rule, 1):
        vector = draw(1)
        close(rule(vector), vector[0], 1e-12)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_least_number_of_vectors_works(path):
    rule = load(path, f=0)
    least = next(n for n in range(1, N) if allowed(rule, n))
    vectors = draw(least)
    out = rule(vectors)
    assert (vectors.min(dim=0).values - 1e-6 <= out).all()
    assert (out <= vectors.max(dim=0).values + 1e-6).all()


def test_one_coordinate(rule):
    vectors = draw(d=1)
    out = rule(vectors)
    assert out.shape == (1,)
    assert vectors.min() <= out <= vectors.max()


@pytest.mark.parametrize("width", [1, 5, 8, D - 1, D])
@pytest.mark.parametrize("dtype", DTYPES)
def test_streamed_blocks_equal_the_whole(rule, width, dtype):
    vectors = draw(dtype=dtype)
    streamed = combine(iter(vectors.split(width, dim=1)), rule)
    close(streamed, rule(vectors), 1e-6 if dtype == torch.float32 else 1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
def test_translation_moves_the_output_along(rule, dtype):
    vectors, shift = draw(dtype=dtype), 10 * draw(1, dtype=dtype, seed=1)
    close(rule(vectors + shift), rule(vectors) + shift[0])


@pytest.mark.parametrize("factor", [2.0, 0.3, -1.5, 1e-8, 1e8])
@pytest.mark.parametrize("dtype", DTYPES)
def test_scaling_scales_the_output(rule, factor, dtype):
    vectors = draw(dtype=dtype)
    close(rule(factor * vectors) / factor, rule(vectors))


@pytest.mark.parametrize("scale", [1e2, 1e6, 1e12, 1e30])
@pytest.mark.parametrize("identical", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tolerated_liars_move_the_output_little(rule, scale, identical, dtype):
    liars = rule.tolerates(N)
    assert liars < N / 2
    rule.check(N)
    honest = draw(N - liars, dtype=dtype)
    lies = scale * draw(1 if identical else liars, dtype=dtype, seed=1).expand(liars, D)
    centre = honest.mean(dim=0)
    radius = (honest - centre).norm(dim=1).max()
    for vectors in (torch.cat([honest, lies]), torch.cat([lies, honest])):
        assert (rule(vectors) - centre).norm() <= 12 * radius


@pytest.mark.parametrize("n", range(1, 12))
def test_less_than_half_is_tolerated(rule, n):
    if allowed(rule, n):
        assert 0 <= rule.tolerates(n) < n / 2


@pytest.mark.parametrize(
    "vectors",
    [
        torch.zeros(D),
        torch.zeros(N, D, 1),
        torch.zeros(0, D),
        torch.zeros(N, D, dtype=torch.int64),
        torch.zeros(N, D, dtype=torch.bool),
    ],
    ids=["one axis", "three axes", "empty", "integers", "booleans"],
)
def test_other_tensors_are_refused(rule, vectors):
    with pytest.raises(ValueError, match=type(rule).__name__):
        rule(vectors)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_rows_that_are_not_finite_are_named(rule, value):
    vectors = draw()
    vectors[3, 0] = vectors[8, D - 1] = value
    with pytest.raises(ValueError, match=r"\[3, 8\]"):
        rule(vectors)


def test_too_few_vectors_are_refused_by_every_path(rule):
    short = next((n for n in range(1, N) if not allowed(rule, n)), None)
    if short is None:
        return
    with pytest.raises(ValueError, match=f"n={short}"):
        rule(draw(short))
    with pytest.raises(ValueError, match=f"n={short}"):
        combine([draw(short)], rule)


@pytest.mark.parametrize("n", [7, N, 30])
def test_gram_weights_sum_to_one(rule, n):
    if not isinstance(rule, GramRule):
        return
    gram = centred_gram([draw(n, dtype=torch.float32)])
    weights = rule.weights(gram)
    assert (weights.shape, weights.dtype) == ((n,), torch.float64)
    assert (weights >= 0).all()
    close(weights.sum(), torch.tensor(1.0, dtype=torch.float64), 1e-12)


def test_gram_weights_do_not_depend_on_the_centre(rule):
    if not isinstance(rule, GramRule):
        return
    vectors = draw() + 3.0
    close(rule.weights(vectors @ vectors.T), rule.weights(centred_gram([vectors])), 1e-6)
