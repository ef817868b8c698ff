"""Batches of a loop as a data set: read by number, kept as long as needed, checked when given."""

import numpy as np
import pytest
import torch

from robusttrain.training.batches import Batches, Loop
from robusttrain.training.samples import InMemory

B = 4
SEEDS = np.zeros(2, dtype=np.int64)
CPU = torch.device("cpu")


def batch(step):
    """Sample i of batch t: input [10 t + i, 0], target 10 t + i."""
    targets = 10 * step + torch.arange(B)
    return torch.stack([targets, torch.zeros(B, dtype=torch.int64)], dim=1), targets


def test_samples_are_read_by_batch_and_place():
    made = Batches(B, steps=9)
    made.hold(2, batch(2))
    inputs, targets = made.read(np.array([[11, 8], [9, 9]]), SEEDS)
    assert targets.tolist() == [[23, 20], [21, 21]]
    assert inputs[0].tolist() == [[23, 0], [20, 0]]
    assert len(made) == 9 * B


def test_trees_keep_their_form():
    made = Batches(B, steps=1)
    made.hold(0, ({"x": batch(0)[0], "y": [batch(0)[1]]}, batch(0)[1]))
    inputs, _ = made.read(np.array([[3, 1]]), SEEDS[:1])
    assert inputs["y"][0].tolist() == [[3, 1]]
    assert inputs["x"].shape == (1, 2, 2)


@pytest.mark.parametrize("kept", [1, 3])
def test_only_the_latest_batches_are_kept(kept):
    made = Batches(B, steps=9)
    made.kept = kept
    for step in range(6):
        made.hold(step, batch(step))
    for step in range(6):
        if step > 5 - kept:
            assert made.read(np.array([[step * B]]), SEEDS[:1])[1].item() == 10 * step
        else:
            with pytest.raises(RuntimeError, match=f"batch of step {step} was not handed in"):
                made.read(np.array([[step * B]]), SEEDS[:1])


def test_indices_are_looked_up_in_the_source():
    made = Batches(B, 2, InMemory(torch.arange(50).view(50, 1), 100 + torch.arange(50)))
    for indices in (torch.tensor([7, 49, 3, 0]), np.array([7, 49, 3, 0]), [7, 49, 3, 0]):
        made.hold(1, indices)
        inputs, targets = made.read(np.array([[5, 7]]), SEEDS[:1])
        assert targets.tolist() == [[149, 100]]
        assert inputs.tolist() == [[[49], [0]]]


def test_batches_that_were_not_handed_in_are_taken_as_they_come():
    made, taken = Batches(B, steps=9), []

    def come():
        for step in range(3):
            taken.append(step)
            yield batch(step)

    made.coming = come()
    assert made.read(np.array([[B]]), SEEDS[:1])[1].item() == 10
    assert taken == [0, 1]
    assert made.read(np.array([[2 * B]]), SEEDS[:1])[1].item() == 20
    with pytest.raises(RuntimeError, match="batch of step 3"):
        made.read(np.array([[3 * B]]), SEEDS[:1])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (batch(0)[0], "got Tensor; a batch of indices needs data="),
        ((1, 2, 3), "got tuple of 3;"),
        ((batch(0)[0], "text"), "holds a str"),
        ((batch(0)[0], None), "holds a NoneType"),
        ((batch(0)[0][:3], batch(0)[1]), "3 samples where batch=4 .* drop_last=True"),
        ((batch(0)[0], torch.tensor(1.0)), "0 samples where batch=4"),
    ],
)
def test_a_batch_that_is_no_pair_of_tensors(given, says):
    with pytest.raises(ValueError, match=says):
        Batches(B, steps=9).hold(0, given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (batch(0), r"a batch is indices \[4\] int"),
        (torch.rand(4), r"got float32 \[4\]"),
        (np.zeros(4), r"got a ndarray"),
        ([0, 1, 2], "3 samples where batch=4"),
        ([0, 1, 2, 5], r"indices from 0 to 5; data= has samples 0\.\.4"),
        ([0, 1, 2, -1], "indices from -1 to 2"),
    ],
)
def test_indices_that_are_none(given, says):
    with pytest.raises(ValueError, match=says):
        Batches(B, 9, InMemory(torch.zeros(5), torch.zeros(5))).hold(0, given)


def test_it_is_the_same_object_on_another_device():
    made = Batches(B, steps=1)
    assert made.to(CPU) is made
    train, test = Loop(made, classes=3).load()
    assert train is made
    assert test is None
