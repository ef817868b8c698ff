"""The server's own gradient against a plain backward pass over its samples."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector

from robusttrain.ops.layout import Layout
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.root import Root
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.training.augment.crop_flip import CropFlip
from robusttrain.training.augment.none import NoAugment
from robusttrain.training.data.synthetic import Synthetic
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import Supervised

IMAGE, CLASSES = (1, 8, 8), 4
SAMPLES = np.array([3, 17, 18, 40, 99])
TRAIN = Synthetic(IMAGE, CLASSES, 100, 1, 1.0).load()[0]


def bench(augment, vectorize="vmap"):
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 4), 8)
    layout = Layout.of(model, 100)
    gradients = Gradients(Supervised(2, vectorize), model, layout, TRAIN, augment)
    return model, Recompute(gradients, layout, NoAgreement())


@pytest.mark.parametrize("vectorize", ["vmap", "loop"])
@pytest.mark.parametrize("samples", [SAMPLES, SAMPLES[:1]])
def test_it_is_the_gradient_of_the_mean_loss_of_all_its_samples(samples, vectorize):
    model, recompute = bench(NoAugment(), vectorize)
    images = TRAIN.prepare(TRAIN.inputs[torch.from_numpy(samples)])
    cross_entropy(model(images), TRAIN.targets[torch.from_numpy(samples)]).backward()
    expected = parameters_to_vector([p.grad for p in model.parameters()])
    at = parameters_to_vector(model.parameters()).detach()
    found = Root(samples, 0).gradient(recompute, 5, at)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(found, Root(samples, 7).gradient(recompute, 8, at))


def test_augmentation_is_drawn_afresh_in_every_step():
    model, recompute = bench(CropFlip(2, True))
    at = parameters_to_vector(model.parameters()).detach()
    pairs = [(seed, step) for seed in (0, 1) for step in (0, 1)]
    drawn = [Root(SAMPLES, seed).gradient(recompute, step, at) for seed, step in pairs]
    assert len({row.numpy().tobytes() for row in drawn}) == 4
    assert torch.equal(drawn[1], Root(SAMPLES, 0).gradient(recompute, 1, at))
