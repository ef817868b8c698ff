"""Cross-entropy by hand."""

import math

import pytest
import torch

from robusttrain.training.objective.supervised import Supervised

OUTPUTS = torch.tensor([[0.0, 0.0], [0.0, math.log(3.0)]])


def test_loss_by_hand():
    loss = Supervised(2, "vmap").loss(OUTPUTS, torch.tensor([0, 1]))
    assert loss.item() == pytest.approx((math.log(2) + math.log(4 / 3)) / 2, rel=1e-6)


def test_measures_by_hand():
    outputs = torch.tensor([[2.0, 1.0], [0.0, 5.0], [1.0, 0.0], [3.0, 4.0]])
    measures = Supervised(2, "vmap").measure(outputs, torch.tensor([0, 1, 1, 1]))
    assert measures["test_accuracy"] == 0.75
    expected = [math.log1p(math.exp(-gap)) for gap in (1, 5, -1, 1)]
    assert measures["test_loss"] == pytest.approx(sum(expected) / 4, rel=1e-5)
