"""What one backward pass would get wrong is refused, with the parameter's name."""

import pytest
import torch
from per_task import squared
from torch import nn

from robusttrain.training.gradient import weights
from robusttrain.training.gradient.batched_check import check_batched
from robusttrain.training.gradient.weights import NotFollowed


class Net(nn.Module):
    def __init__(self, between=lambda y: y):
        super().__init__()
        self.one, self.two, self.between = nn.Linear(5, 8), nn.Linear(8, 4), between
        nn.init.zeros_(self.two.weight)

    def forward(self, x):
        return self.two(self.between(self.one(x).relu()))


def check(model, loss=squared):
    named = {n: p.detach() for n, p in model.named_parameters()}
    draw = torch.Generator().manual_seed(0)
    inputs = torch.randn(4, 4, 5, generator=draw)
    check_batched(model, loss, named, inputs, torch.ones(4, 4))


def test_a_model_of_known_layers_passes():
    check(Net())
    check(Net(lambda y: y.float().to(y.dtype)))


def test_a_loss_over_all_samples_of_a_task_passes():
    check(Net(), lambda outputs, targets: (outputs - outputs.mean(dim=0)).square().mean())


@pytest.mark.parametrize(
    ("between", "says"),
    [
        (lambda y: y - y.mean(dim=0), "parameter one.weight differs .* mixes samples"),
        (lambda y: y.roll(1, 0), "parameter .* differs"),
        (lambda y: y if len(y) < 10 else 2 * y, "parameter .* differs"),
        (lambda y: y if y.sum() > 100 else -y, "data-dependent control flow"),
        (lambda y: y.detach() + 0 * y.sum().item(), "item"),
    ],
    ids=["centred", "rolled", "count", "branch", "item"],
)
def test_what_mixes_samples_or_depends_on_values_is_refused(between, says):
    with pytest.raises(NotFollowed, match=rf"^objective\.vectorize=batched: .*{says}.*; use vmap"):
        check(Net(between))


def test_a_use_that_is_left_out_is_found_though_its_gradient_is_zero_at_first(monkeypatch):
    add = weights.Tape.add

    def forgetful(tape, data, gradient, bound):
        if data.shape[-1] != 5:
            add(tape, data, gradient, bound)

    monkeypatch.setattr(weights.Tape, "add", forgetful)
    with pytest.raises(NotFollowed, match=r"parameter one\.weight differs"):
        check(Net())
