"""Gradients that faults strike are the same however gradients are computed."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector

from robusttrain.certificate.scheme import Scheme
from robusttrain.membership.planner import Planner
from robusttrain.ops.layout import Layout
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.struck import strike
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.phases import Phase
from robusttrain.threat.strike import Strike
from robusttrain.training.augment.none import NoAugment
from robusttrain.training.data.synthetic import Synthetic
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import Supervised

IMAGE, CLASSES, TASK, PLACE = (1, 8, 8), 4, 7, 5
PLAN = Planner(Scheme(Subset(3), 6, tuple(range(6)), 2), 40, 100, 0)(0)
TOGETHER = 2 * 4 * 8 * 8  # values that the first convolution gives for the samples of a task
INSIDE = Phase("activation", "computed", inside=True)


def made(vectorize: str) -> tuple[Recompute, torch.Tensor]:
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 4), 8)
    layout = Layout.of(model, 100)
    train, _ = Synthetic(IMAGE, CLASSES, 100, 1, 1.0).load()
    gradients = Gradients(Supervised(3, vectorize), model, layout, train, NoAugment())
    parameters = parameters_to_vector(model.parameters()).detach()
    return Recompute(gradients, layout, Digest()), parameters


def row_of(recompute: Recompute, parameters: torch.Tensor) -> torch.Tensor:
    out = parameters.new_empty(1, len(parameters))
    return recompute.gradients.rows(parameters, PLAN, np.array([TASK]), out)[0]


def by_hand(recompute: Recompute, factors: torch.Tensor) -> torch.Tensor:
    """The gradient if one value of what the first convolution gives were times so much.

    factors: [s]. For each sample.
    """
    gradients = recompute.gradients
    inputs, targets = gradients.read(PLAN.samples[[TASK]], PLAN.seeds[[TASK]])

    def wrong(module: nn.Module, given: object, output: torch.Tensor) -> torch.Tensor:
        error = torch.zeros_like(output)
        error.flatten(1)[:, PLACE] = (factors - 1) * output.detach().flatten(1)[:, PLACE]
        return output + error

    handle = gradients.model[0].register_forward_hook(wrong)
    loss = cross_entropy(gradients.model(inputs[0]), targets[0])
    handle.remove()
    found = torch.autograd.grad(loss, list(gradients.model.parameters()))
    return torch.cat([part.flatten() for part in found])


def made_positive(recompute: Recompute) -> torch.Tensor:
    """[s]: -1 where the value of a sample is negative, else 1: the sign is stuck at 0."""
    inputs, _ = recompute.gradients.read(PLAN.samples[[TASK]], PLAN.seeds[[TASK]])
    values = recompute.gradients.model[0](inputs[0]).flatten(1)[:, PLACE]
    return torch.where(values < 0, -1.0, 1.0)


FAULTS: dict[str, tuple[BitFlip | Stuck, Callable[[Recompute], torch.Tensor]]] = {
    "once": (BitFlip(PLACE + TOGETHER, 31), lambda made: torch.tensor([-1.0, 1.0])),
    "stuck": (Stuck(PLACE, 31, 0), made_positive),
}


@pytest.mark.parametrize("vectorize", ["vmap", "loop", "batched"])
@pytest.mark.parametrize("how", FAULTS)
def test_an_activation_is_struck_alike_however_gradients_are_computed(vectorize, how):
    recompute, parameters = made(vectorize)
    row = row_of(recompute, parameters)
    true, (fault, factors) = row.clone(), FAULTS[how]
    strikes = [Strike(fault, INSIDE, "0", np.random.default_rng(0))]
    strike(recompute, parameters, PLAN, TASK, strikes, row)
    expected = by_hand(recompute, factors(recompute))
    assert torch.allclose(row, expected, atol=1e-6)
    assert not torch.allclose(row, true, atol=1e-5)
    assert torch.equal(row_of(recompute, parameters), true)


def test_a_gradient_is_struck_when_it_is_computed():
    recompute, parameters = made("vmap")
    row = torch.ones(recompute.layout.size)
    after = Strike(BitFlip(5, 31), Phase("gradient", "computed"), None, np.random.default_rng(0))
    strike(recompute, parameters, PLAN, TASK, [after], row)
    assert (row == -1).nonzero().tolist() == [[5]]
