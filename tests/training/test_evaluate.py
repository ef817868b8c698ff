"""Measures over a whole test set, whatever the pieces it is read in."""

import pytest
import torch
from torch import nn

from robusttrain.training.evaluate import evaluate
from robusttrain.training.objective.supervised import Supervised
from robusttrain.training.samples import InMemory


def test_the_share_of_right_answers_over_more_than_one_piece():
    """The brighter of two pixels is the class; every third label is wrong."""
    labels = torch.arange(2501) % 2
    images = torch.nn.functional.one_hot(labels, 2).view(-1, 1, 1, 2).to(torch.uint8)
    told = torch.where(torch.arange(2501) % 3 == 0, 1 - labels, labels)
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    parameters = {"1.weight": torch.eye(2) * 5}
    data = InMemory(images, told, (0.0,), (1.0,))
    measured = evaluate(Supervised(2, "vmap"), model, parameters, data)
    assert measured["test_accuracy"] == pytest.approx(1667 / 2501, rel=1e-12)
