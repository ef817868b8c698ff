"""Every use of a parameter is recorded or refused, however the model comes by it."""

import pytest
import torch
from per_task import SAMPLES, TASKS, is_exact, squared
from torch import nn
from torch.nn.functional import linear

from robusttrain.training.gradient.batched import batched
from robusttrain.training.gradient.weights import NotFollowed


class Made(nn.Module):
    """A model of 5 features from a function of (model, x)."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.one, self.two = nn.Linear(5, 5), nn.Linear(5, 5)
        self.bare = nn.Parameter(torch.randn(5, 5))
        self.unused = nn.Parameter(torch.randn(2))

    def forward(self, x):
        return self.function(self, x)


FOLLOWED = {
    "twice": lambda m, x: m.one(m.one(x).tanh()),
    "functional": lambda m, x: linear(x, m.bare, m.bare[0]),
    "transposed": lambda m, x: m.one(x).tanh() @ m.one.weight.t() + m.one.weight.mean(0),
    "chunks": lambda m, x: linear(x, torch.cat(m.bare.chunk(5)[::-1])) * m.two.weight[1:3].sum(),
    "normed": lambda m, x: linear(x, m.bare / m.bare.norm(dim=1, keepdim=True)),
    "shape": lambda m, x: m.two(x) * m.bare.shape[0],
    "in place after": lambda m, x: m.two(m.one(x).relu_()).tanh_(),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_uses_that_are_followed(name):
    torch.manual_seed(0)
    assert is_exact(Made(FOLLOWED[name]), (5,))


def test_a_tied_weight_has_the_sum_of_its_uses():
    model = nn.Sequential(nn.Embedding(7, 3), nn.Tanh(), nn.Linear(3, 7))
    model[2].weight = model[0].weight
    assert is_exact(model, (4,), tokens=7)


REFUSED = {
    "bare is used by bilinear": lambda m, x: nn.functional.bilinear(x, x, m.bare[None]),
    "bare is used by where": lambda m, x: torch.where(x > 0, m.bare[0], x),
    "first axis": lambda m, x: m.one(x.sum(dim=0, keepdim=True)),
    "without an axis": lambda m, x: x + m.bare[:1].expand(12, 5),
}


def gradients(model):
    named = {n: p.detach() for n, p in model.named_parameters()}
    return batched(
        model, squared, named, torch.randn(TASKS, SAMPLES, 5), torch.ones(TASKS, SAMPLES)
    )


@pytest.mark.parametrize("says", REFUSED)
def test_uses_that_are_not_followed_are_refused_by_name(says):
    with pytest.raises(NotFollowed, match=says):
        gradients(Made(REFUSED[says]))


def test_attention_of_torch_is_refused_by_name():
    class Attends(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(5, 1, batch_first=True)

        def forward(self, x):
            return self.attention(x[:, None], x[:, None], x[:, None])[0]

    with pytest.raises(NotFollowed, match=r"parameter attention.* is used by multi_head_attention"):
        gradients(Attends())


def test_data_changed_in_place_after_its_use_is_an_error():
    def changed(m, x):
        y = m.one(x)
        z = m.two(y)
        return z + y.mul_(2)

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        gradients(Made(changed))
