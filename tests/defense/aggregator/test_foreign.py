"""Callables of others as rules."""

import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.foreign import Foreign
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.defense.preaggregator.nnm import Nnm

VECTORS = torch.randn(9, 6, generator=torch.Generator().manual_seed(0))


def longest(vectors):
    """Not a rule of any kind of ours: the longest vector."""
    return vectors[vectors.norm(dim=1).argmax()]


@pytest.mark.parametrize("width", [1, 4, 6])
def test_streamed_blocks_reach_it_as_one_matrix(width):
    out = combine(VECTORS.split(width, dim=1), Foreign(longest))
    assert torch.equal(out, longest(VECTORS))


def test_it_comes_after_pre_aggregators():
    out = combine(VECTORS.split(4, dim=1), Foreign(longest), [Nnm(f=2)])
    torch.testing.assert_close(out, longest(Nnm(f=2)(VECTORS)))


def test_rows_that_are_not_finite_are_left_out_and_counted():
    shapes = []
    bad = VECTORS.clone()
    bad[2, 1], bad[5, 0] = torch.nan, torch.inf
    rule = Foreign(lambda v: shapes.append(v.shape) or longest(v), tolerated=2)
    assert torch.equal(rule(bad), longest(bad[[0, 1, 3, 4, 6, 7, 8]]))
    assert shapes == [(7, 6)]
    assert rule.without(range(7), 9).tolerated == 0
    assert Foreign(longest, tolerated=3).tolerates(9) == 3
    with pytest.raises(ValueError, match=r"foreign needs n >= 2 tolerated \+ 1; got n=6, tol"):
        Foreign(longest, tolerated=3)(VECTORS[:6])


def test_what_it_does_to_its_input_stays_there():
    before = VECTORS.clone()
    Foreign(lambda v: v.mul_(2)[0])(VECTORS)
    out = Foreign(lambda v: v[0])(VECTORS)
    out.zero_()
    assert torch.equal(VECTORS, before)


def test_arrays_and_other_precisions_are_taken():
    assert torch.equal(Foreign(lambda v: v.numpy().max(axis=0))(VECTORS), VECTORS.amax(dim=0))
    assert Foreign(lambda v: v[0].double())(VECTORS).dtype == torch.float32
    half = Foreign(lambda v: v[0] if v.dtype == torch.float32 else None)(VECTORS.half())
    assert torch.equal(half, VECTORS[0].half())


@pytest.mark.parametrize(
    ("rule", "error", "says"),
    [
        (lambda v: v, ValueError, r"lambda.* of shape \[9, 6\]; it must return .* \[6\]"),
        (lambda v: v[0].int(), ValueError, "returned torch.int32"),
        (lambda v: None, ValueError, r"lambda.* returned None; it must return .* \[6\]"),
        (lambda v: "v", ValueError, "returned a str; it must return"),
        (lambda v: v[0] / 0, Undefined, "not finite"),
        (torch.linalg.inv, RuntimeError, r"linalg_inv on vectors \[9, 6\] raised"),
        (lambda v: int("x"), Undefined, "lambda.*invalid literal"),
    ],
)
def test_its_errors_name_it(rule, error, says):
    with pytest.raises(error, match=f"aggregator=foreign: .*{says}"):
        Foreign(rule)(VECTORS)


@pytest.mark.parametrize(("rule", "tolerated"), [(3, 0), (longest, -1), (longest, 0.5)])
def test_what_is_not_a_callable_or_a_number_is_refused(rule, tolerated):
    with pytest.raises(ValueError, match="must be a"):
        Foreign(rule, tolerated)
