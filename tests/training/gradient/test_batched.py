"""One backward pass over many tasks gives each task's gradient, for every model we have."""

import pytest
import torch

from robusttrain.training.gradient.batched import batched
from robusttrain.training.gradient.batched_check import by_vmap, perturbed
from robusttrain.training.model.gpt import gpt
from robusttrain.training.model.resnet18 import resnet18
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import cross_entropy

IMAGES, TOKENS = torch.randn(2, 2, 3, 8, 8, dtype=torch.float64), torch.randint(9, (2, 2, 6))
MODELS = {
    "small_cnn": (lambda: small_cnn((3, 8, 8), 9, (4, 8), 8), IMAGES),
    "resnet18": (lambda: resnet18((3, 8, 8), 9, 32, True), IMAGES),
    "gpt": (lambda: gpt(9, 6, 2, 2, 8), TOKENS),
}


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_those_of_vmap(name):
    torch.manual_seed(0)
    make, inputs = MODELS[name]
    model = make().double()
    named = perturbed({n: p.detach() for n, p in model.named_parameters()})
    targets = torch.randint(9, inputs.shape if inputs.ndim == 3 else (2, 2))
    found = batched(model, cross_entropy, named, inputs, targets)
    right = by_vmap(model, cross_entropy, named, inputs, targets)
    assert set(found) == set(right)
    whole = sum(float(rows.square().sum()) for rows in right.values()) ** 0.5
    for parameter, rows in right.items():
        error = float((found[parameter] - rows).norm())
        assert error < 1e-9 * float(rows.norm()) + 1e-14 * whole, parameter


def test_the_model_and_its_parameters_are_left_alone():
    model = small_cnn((3, 8, 8), 9, (4, 8), 8).double()
    before = dict(model.named_parameters())
    values = {n: p.detach().clone() for n, p in before.items()}
    batched(model, cross_entropy, values, IMAGES, torch.randint(9, (2, 2)))
    after = dict(model.named_parameters())
    assert all(after[n] is p and p.grad is None for n, p in before.items())
    assert all(torch.equal(values[n], p) for n, p in before.items())
