"""A rule on a matrix after pre-aggregators."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregate import aggregate
from robusttrain.defense.aggregator import CenteredClipping, Krum, Mean
from robusttrain.defense.preaggregator import Bucketing, Nnm

VECTORS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_stages_come_in_their_order():
    stages = [Bucketing(buckets=6), Nnm(f=1)]
    rng = np.random.default_rng(3)
    expected = Krum(f=1)(Nnm(f=1)(Bucketing(buckets=6)(VECTORS, np.random.default_rng(3))))
    torch.testing.assert_close(aggregate(VECTORS, Krum(f=1), stages, rng), expected)


def test_nothing_is_remembered():
    rule = CenteredClipping(radius=1.0, iterations=1)
    first = aggregate(VECTORS, rule)
    assert torch.equal(aggregate(VECTORS, rule), first)
    assert not rule.memory.tensors


def test_a_callable_is_a_rule():
    assert torch.equal(aggregate(VECTORS, lambda v: v[2]), VECTORS[2])


def test_other_shapes_are_refused():
    for vectors in (VECTORS[0], VECTORS.int(), VECTORS[:0]):
        with pytest.raises(ValueError, match="Mean takes floating-point vectors"):
            aggregate(vectors, Mean())
    with pytest.raises(ValueError, match="krum needs"):
        aggregate(VECTORS, Krum(f=9))


@pytest.mark.parametrize("vectors", [VECTORS.tolist(), VECTORS.numpy().astype(object), None, []])
def test_what_is_no_matrix_of_vectors_is_refused_by_all(vectors):
    uses = {
        "Mean": Mean(),
        "Nnm": Nnm(f=1),
        "Krum": lambda v: aggregate(v, Krum(f=1)),
        "Foreign": lambda v: aggregate(v, len),
    }
    for name, use in uses.items():
        with pytest.raises(ValueError, match=rf"^{name} takes .*vectors .*; got \S+"):
            use(vectors)


def test_arrays_give_arrays_after_stages_too():
    expected = aggregate(VECTORS, Krum(f=1), [Nnm(f=1)]).numpy()
    for vectors in (VECTORS.numpy(), list(VECTORS.numpy())):
        out = aggregate(vectors, Krum(f=1), [Nnm(f=1)])
        assert isinstance(out, np.ndarray)
        np.testing.assert_array_equal(out, expected)


def test_a_callable_is_given_a_tensor_and_may_use_gradients():
    def farthest(rows):
        assert isinstance(rows, torch.Tensor)
        point = rows[0].clone().requires_grad_()
        return torch.autograd.grad((rows - point).square().sum(), point)[0]

    out = aggregate(VECTORS.numpy(), farthest)
    np.testing.assert_allclose(out, (2 * (VECTORS[0] - VECTORS)).sum(dim=0).numpy())


@pytest.mark.parametrize(
    ("rule", "stages", "says"),
    [
        (Mean, (), r"^Mean is a class; give an instance, Mean\(\)"),
        (Mean(), [Nnm], r"^Nnm is a class; give an instance, Nnm\(\)"),
        (Mean(), Nnm(f=1), r"^stages must be a list of pre-aggregators.*; got Nnm"),
        (Mean(), Nnm, r"^stages must be a list of pre-aggregators.*; got Nnm"),
        (
            Mean(),
            [Nnm(f=1), Krum(f=1)],
            r"^stages must hold pre-aggregators; got Krum; the rule",
        ),
    ],
)
def test_parts_in_the_wrong_place_are_named(rule, stages, says):
    with pytest.raises(ValueError, match=says):
        aggregate(VECTORS, rule, stages)
