"""The layer that makes a sum differ is the one nearest to the loss where its gradients differ."""

import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run import assembly
from robusttrain.run.trial_layers import in_backward, what_differs
from robusttrain.training.gradient.sums import Sums


@pytest.fixture
def sums(configure):
    made = recipe(configure(*PROBES))
    gradients = assembly.recompute(made, torch.device("cpu")).gradients
    return as_engine(Sums, gradients), made.planner(0)


@pytest.mark.parametrize("layers", [[0], [-1], [0, -1]])
def test_the_parameter_nearest_to_the_loss_is_named(sums, layers):
    engine, _ = sums
    first = torch.zeros(engine.layout.size)
    again = first.clone()
    values = list(engine.layout.unflatten(again).values())
    for layer in layers:
        values[layer].view(-1)[0] = 1.0
    name = engine.layout.names[max(layers, key=lambda layer: layer % len(values))]
    place, _, parameter = name.rpartition(".")
    assert f"the gradient of {parameter} in layer {place} (" in in_backward(engine, first, again)


def test_a_forward_pass_that_is_the_same_tells_nothing(sums):
    engine, plan = sums
    assert what_differs(engine, plan, 0, 6) == ""
    engine.model.append(torch.nn.Dropout(0.5))
    assert "(Dropout) gives other outputs" in what_differs(engine, plan, 0, 6)
