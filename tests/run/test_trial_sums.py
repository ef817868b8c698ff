"""The trial finds what would convict an honest worker, and names the layer."""

import pytest
import torch
from probes import PROBES
from torch import nn

from robusttrain.config.recipe import recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run import assembly
from robusttrain.run.trial import trial, try_tasks
from robusttrain.run.trial_sums import check_sums
from robusttrain.training.gradient.sums import Sums


@pytest.fixture
def tried(configure):
    """tried(module, alone=...) -> the trial with `module` behind the model's last layer.

    alone: the check of sums, without the checks before it.
    """

    def of(module, alone=False, augment=None):
        made = recipe(configure(*PROBES))
        computes = assembly.recompute(made, torch.device("cpu"))
        computes.gradients.model.append(module)
        computes.gradients.augment = augment or computes.gradients.augment
        parameters = 0.1 * torch.ones(made.layout.size)
        if alone:
            check_sums(as_engine(Sums, computes.gradients), made.planner(0), parameters)
        else:
            try_tasks(computes, made.planner(0), parameters)

    return of


class Counts(nn.Module):
    calls = 0

    def forward(self, inputs):
        self.calls += 1
        return inputs * self.calls


class Remembers(nn.Module):
    """The same twice in a row, but not after other inputs."""

    latest, seen = None, 0.0

    def forward(self, inputs):
        total = float(inputs.detach().sum())
        if total != self.latest:
            self.latest, self.seen = total, self.seen + 1
        return inputs * self.seen


class Noisy(torch.autograd.Function):
    @staticmethod
    def forward(context, inputs):
        return inputs.clone()

    @staticmethod
    def backward(context, gradient):
        return gradient * torch.rand(())


class NoisyBackward(nn.Module):
    def forward(self, inputs):
        return Noisy.apply(inputs)


BATCH_WIDE = nn.BatchNorm1d(10, affine=False, track_running_stats=False)


@pytest.mark.parametrize("module", [nn.Identity(), BATCH_WIDE], ids=["pure", "batch-wide"])
def test_what_is_the_same_for_the_same_micro_batch_passes(tried, module, configure):
    tried(module)
    trial(recipe(configure(*PROBES)), 1)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("module", [Counts(), nn.Dropout(0.5)], ids=["counts", "draws"])
def test_a_layer_that_differs_from_call_to_call_is_named(tried, module, alone):
    named = rf"layer \d+ \({type(module).__name__}\) gives other outputs for the same inputs"
    with pytest.raises(ValueError, match=named):
        tried(module, alone)


def test_a_layer_that_remembers_other_inputs_is_named(tried):
    with pytest.raises(ValueError, match=r"layer \d+ \(Remembers\) gives other outputs"):
        tried(Remembers())


def test_buffers_that_a_forward_pass_changes_are_named(tried):
    """Those of the server, the source and its checker would drift apart."""
    with pytest.raises(ValueError, match=r"changes the buffer \d+.running_mean; .* GroupNorm"):
        tried(nn.BatchNorm1d(10, affine=False))


def test_the_layer_before_a_backward_pass_that_draws_is_named(tried):
    with pytest.raises(ValueError, match=r"gradient of bias in layer \d+ \(Linear\) is not; what"):
        tried(NoisyBackward())


def test_inputs_that_are_made_otherwise_are_told(tried):
    class Drawn:
        def tasks(self, inputs, seeds):
            return inputs + torch.rand(())

    with pytest.raises(ValueError, match="the inputs of a micro-batch are not, where data or"):
        tried(nn.Identity(), augment=Drawn())
