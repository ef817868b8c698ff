"""Calibration: the tolerance is 12 times what is measured, and never below that of classes."""

import pytest
import torch
from probes import PROBES
from torch import nn

from robusttrain.config.recipe import recipe
from robusttrain.protocol.calibration import CLASSES, MARGIN, calibrated
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run import assembly
from robusttrain.training.gradient.sums import Sums


@pytest.fixture
def tried(configure):
    """tried(module) -> calibration of a model with `module` behind its last layer."""

    def of(module):
        made = recipe(configure(*PROBES))
        engine = assembly.recompute(made, torch.device("cpu")).gradients
        engine.model.append(module)
        parameters = 0.1 * torch.randn(made.layout.size, generator=torch.Generator().manual_seed(0))
        return calibrated(as_engine(Sums, engine), made.planner(0), parameters)

    return of


def test_rounding_is_far_below_what_classes_of_hardware_need(tried):
    found = tried(nn.Identity())
    assert 0 < found.measured < 1e-4
    assert found.tolerance == CLASSES


class Coarse(nn.Module):
    """Rounds gradients to bfloat16, but not those in float64."""

    def forward(self, inputs):
        if inputs.dtype == torch.float64:
            return inputs
        return inputs.to(torch.bfloat16).to(inputs.dtype)


def test_coarse_numbers_have_a_wide_tolerance(tried):
    found = tried(Coarse())
    assert found.measured > CLASSES / MARGIN
    assert found.tolerance == MARGIN * found.measured


class Fixed(nn.Module):
    def forward(self, inputs):
        return inputs @ torch.eye(inputs.shape[-1])


def test_a_model_that_has_no_float64_is_refused_with_a_remedy(tried):
    with pytest.raises(ValueError, match=r"cannot be computed in float64 .*probe.tolerance=0.03"):
        tried(Fixed())
