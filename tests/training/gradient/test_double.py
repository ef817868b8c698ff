"""Sums in float64 are those of the model's own numbers, but for rounding."""

import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run import assembly
from robusttrain.training.gradient.double import DoubleSums
from robusttrain.training.gradient.sums import Sums


def test_they_differ_by_rounding_alone(configure):
    made = recipe(configure(*PROBES))
    sums = as_engine(Sums, assembly.recompute(made, torch.device("cpu")).gradients)
    parameters = 0.1 * torch.randn(made.layout.size, generator=torch.Generator().manual_seed(0))
    plan, double = made.planner(0), DoubleSums.of(sums)
    single = sums.sum(parameters, plan, 1, torch.empty_like(parameters))
    exact = double.sum(parameters.double(), plan, 1, torch.empty_like(parameters.double()))
    assert exact.dtype == torch.float64
    apart = float((exact - single).norm() / exact.norm())
    assert 0 < apart < 1e-5
    assert next(sums.model.parameters()).dtype == torch.float32
    with pytest.raises(RuntimeError):
        sums.sum(parameters.double(), plan, 1, torch.empty_like(parameters))
