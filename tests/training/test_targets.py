"""Outputs and targets that cross-entropy takes, and those that it does not."""

import pytest
import torch

from robusttrain.training.samples import InMemory
from robusttrain.training.targets import check_targets

LABELS = torch.tensor([0, 2, 1])


def check(outputs, targets, every=None):
    every = targets if every is None else every
    check_targets(outputs, targets, InMemory(torch.zeros(len(every)), every))


def test_classes_and_sequences_of_classes_fit():
    check(torch.zeros(3, 3), LABELS)
    check(torch.zeros(1, 3, 5), LABELS[None])


@pytest.mark.parametrize(
    ("outputs", "targets", "says"),
    [
        (torch.zeros(3, 3), LABELS.int(), r"targets are torch\.int32; .* labels\.long\(\)"),
        (torch.zeros(3, 3), LABELS.float(), "targets are float32 .*mse_loss"),
        (torch.zeros(3, 3), {"a": LABELS}, "targets are {a: int64"),
        (torch.zeros(3, 3).long(), LABELS, "outputs are int64"),
        ((torch.zeros(3, 3),), LABELS, r"outputs are \(float32"),
        (torch.zeros(3, 2, 3), LABELS, r"outputs are float32 \[3, 2, 3\] for targets int64 \[3\]"),
        (torch.zeros(3, 2), LABELS, "from 0 to 2, but the model has 2 outputs, .* give it 3"),
        (torch.zeros(3, 1), LABELS, "has 1 output,"),
        (torch.zeros(3, 3), LABELS - 1, "from -1 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(outputs, targets, says):
    with pytest.raises(ValueError, match=says):
        check(outputs, targets, every=None if isinstance(targets, torch.Tensor) else LABELS)


def test_all_targets_in_memory_are_looked_at():
    with pytest.raises(ValueError, match="from 0 to 7"):
        check(torch.zeros(3, 3), LABELS, every=torch.tensor([0, 1, 2, 7]))
