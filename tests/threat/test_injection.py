"""Injection: faults in an activation or a weight's gradient, however gradients are computed."""

import logging

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.injection import injected, modules_of
from robusttrain.threat.phases import Phase
from robusttrain.threat.strike import Strike

ACTIVATION = Phase("activation", "computed", inside=True)
WEIGHT = Phase("weight_gradient", "computed", inside=True)
SIGN = BitFlip(0, 31)


def strike(fault=SIGN, phase=ACTIVATION, module="0", seed=0):
    return Strike(fault, phase, module, np.random.default_rng(seed))


@pytest.fixture
def model():
    """y = 2 x, then y = 3 x."""
    made = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    made[0].weight.data.fill_(2)
    made[1].weight.data.fill_(3)
    return made


def gradients(model, inputs):
    model.zero_grad()
    model(inputs).sum().backward()
    return [p.grad.item() for p in model.parameters()]


def test_later_layers_read_the_wrong_activation_and_gradients_pass_through_it(model):
    inputs = torch.tensor([[1.0], [10.0]])
    with injected(model, [strike()]):
        assert model(inputs).tolist() == [[-6], [60]]
    with injected(model, [strike()]):
        assert gradients(model, inputs) == [33, 18]
    assert gradients(model, inputs) == [33, 22]


def test_one_that_does_not_last_strikes_the_first_call_alone(model):
    with injected(model, [strike()]):
        assert [model(torch.ones(1, 1)).item() for _ in range(3)] == [-6, 6, 6]
    with injected(model, [strike(Stuck(0, 31))]):
        assert [model(torch.ones(1, 1)).item() for _ in range(3)] == [-6, -6, -6]


def test_a_weights_gradient_is_struck_before_it_is_added(model):
    model(torch.ones(1, 1)).sum().backward()
    with injected(model, [strike(phase=WEIGHT, module="1")]):
        model(torch.ones(1, 1)).sum().backward()
    assert model[1].weight.grad.item() == 2 - 2
    assert model[0].weight.grad.item() == 3 + 3


def test_under_vmap_only_the_first_task_is_struck(model):
    named = {name: p.detach() for name, p in model.named_parameters()}
    inputs = torch.ones(3, 2, 1)

    def loss(parameters, task):
        return functional_call(model, parameters, (task,)).sum()

    with injected(model, [strike(Stuck(0, 31))]):
        rows = vmap(grad(loss), in_dims=(None, 0))(named, inputs)
    assert rows["1.weight"].flatten().tolist() == [-4, 4, 4]
    assert rows["0.weight"].flatten().tolist() == [6, 6, 6]


def test_of_tasks_that_are_given_together_the_first_is_struck(model):
    with injected(model, [strike(BitFlip(3, 31))], tasks=2):
        assert model(torch.ones(4, 1)).flatten().tolist() == [6, -6, 6, 6]


def test_the_first_tensor_of_an_output_is_struck():
    class Two(nn.Module):
        def forward(self, inputs):
            return {"numbers": torch.tensor([1]), "values": inputs, "more": inputs}

    model = nn.Sequential(Two())
    with injected(model, [strike()]):
        given = model(torch.ones(1, 1))
    assert (given["values"].item(), given["more"].item(), given["numbers"].item()) == (-1, 1, 1)


def test_without_a_module_one_is_drawn():
    model = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 1))
    assert modules_of(model, "activation") == ["0", "1", "2"]
    assert modules_of(model, "weight_gradient") == ["0", "2"]
    for layer in (model[0], model[2]):  # so that no unit is dead
        nn.init.ones_(layer.weight)
        nn.init.ones_(layer.bias)
    struck = set()
    for seed in range(20):
        model.zero_grad()
        with injected(model, [strike(phase=WEIGHT, module=None, seed=seed)]):
            model(torch.ones(1, 1)).sum().backward()
        wrong = [p.grad.sign().item() for p in (model[0].weight, model[2].weight)]
        model.zero_grad()
        model(torch.ones(1, 1)).sum().backward()
        right = [p.grad.sign().item() for p in (model[0].weight, model[2].weight)]
        struck |= {i for i in range(2) if wrong[i] != right[i]}
    assert struck == {0, 1}


def test_a_module_that_is_not_used_is_said(model, caplog):
    caplog.set_level(logging.WARNING)
    with injected(model, [strike()]):
        model(torch.ones(1, 1))
    assert not caplog.messages
    with injected(model, [strike(module="1")]):
        model[0](torch.ones(1, 1))
    assert caplog.messages == ["no fault: module 1 is not used, nothing that it could strike"]


def test_what_is_not_inside_is_left_to_others(model):
    outside = Strike(SIGN, Phase("gradient", "computed"), None, np.random.default_rng(0))
    with injected(model, [outside]):
        assert model(torch.ones(1, 1)).item() == 6
