"""Flipped labels. (That the gradients are theirs is tested in test_worker.)"""

import pytest
import torch

from robusttrain.threat.attack.label_flip import LabelFlip


@pytest.mark.parametrize("classes", [2, 4, 5, 10])
def test_labels_are_mirrored_and_mirrored_back(classes):
    labels = torch.arange(classes).repeat(3)
    flipped = LabelFlip().poison(labels, classes)
    assert flipped.tolist() == [classes - 1 - y for y in labels.tolist()]
    assert flipped.dtype == labels.dtype
    assert torch.equal(LabelFlip().poison(flipped, classes), labels)
    assert int((flipped == labels).sum()) == 3 * (classes % 2)


def test_rows_are_what_the_poisoned_labels_give(knowledge, gradients):
    found, asked = gradients(2, 5, seed=3), []

    def poisoned(poison):
        asked.append(poison(torch.tensor([0, 3, 9]), 10).tolist())
        return found

    assert LabelFlip().forge(knowledge(gradients(2, 5), poisoned=poisoned)) is found
    assert asked == [[9, 6, 0]]
