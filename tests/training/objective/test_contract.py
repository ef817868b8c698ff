"""What every objective in configs/objective must do."""

import pytest
import torch
from support import component, members

OBJECTIVES = members("objective")


@pytest.fixture(scope="module", params=OBJECTIVES, ids=lambda path: path.stem)
def path(request):
    return request.param


def batch():
    outputs = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    return outputs, torch.arange(12) % 5


def test_the_loss_is_a_mean_over_samples(path):
    objective, (outputs, labels) = component(path), batch()
    each = torch.stack([objective.loss(outputs[i : i + 1], labels[i : i + 1]) for i in range(12)])
    whole = objective.loss(outputs, labels)
    assert whole.shape == ()
    torch.testing.assert_close(whole, each.mean())


def test_a_step_down_the_gradient_lowers_the_loss(path):
    objective, (outputs, labels) = component(path), batch()
    slope = torch.func.grad(objective.loss)(outputs, labels)
    assert objective.loss(outputs - 0.1 * slope, labels) < objective.loss(outputs, labels)


def test_measures_are_plain_numbers(path):
    measures = component(path).measure(*batch())
    assert measures
    assert all(name.startswith("test_") for name in measures)
    assert all(isinstance(value, float) for value in measures.values())


@pytest.mark.parametrize("chunk", [1, 0, -4])
def test_a_chunk_of_fewer_than_two_is_refused(path, chunk):
    with pytest.raises(Exception, match=rf"objective\.chunk={chunk} must be a whole number >= 2"):
        component(path, chunk=chunk)


def test_an_unknown_way_to_vectorize_is_refused(path):
    with pytest.raises(
        Exception, match=r"objective\.vectorize=map must be vmap, loop, batched or auto"
    ):
        component(path, vectorize="map")
