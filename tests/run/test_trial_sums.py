"""The trial of sums finds what would convict an honest worker."""

import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.run import assembly
from robusttrain.run.trial import trial
from robusttrain.run.trial_sums import check_sums
from robusttrain.training.gradient.sums import Sums


@pytest.fixture
def tried(configure):
    """tried(module) -> the check, with `module` put behind the model's last layer."""

    def of(module):
        made = recipe(configure(*PROBES))
        engine = assembly.recompute(made, torch.device("cpu")).gradients
        engine.model.append(module)
        parameters = 0.1 * torch.ones(made.layout.size)
        check_sums(as_engine(Sums, engine), made.planner(0), parameters)

    return of


def test_a_pure_model_passes(tried, configure):
    tried(torch.nn.Identity())
    trial(recipe(configure(*PROBES)), 1)


class Remembers(torch.nn.Module):
    calls = 0

    def forward(self, inputs):
        self.calls += 1
        return inputs * self.calls


@pytest.mark.parametrize("module", [Remembers(), torch.nn.Dropout(0.5)], ids=["memory", "draws"])
def test_what_differs_is_named(tried, module):
    with pytest.raises(ValueError, match=r"the gradient of [\w.]+ is not; look for draws"):
        tried(module)
