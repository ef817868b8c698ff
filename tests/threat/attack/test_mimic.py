"""Mimic: everyone repeats one honest gradient, the one farthest along the main direction."""

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.mimic import Mimic


def oracle(rows):
    """The row with the largest projection on the leading right singular vector."""
    centred = rows.double().numpy() - rows.double().numpy().mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    return int(np.abs(centred @ directions[0]).argmax())


@pytest.mark.parametrize("seed", range(8))
def test_all_copy_the_row_farthest_along_the_direction_of_most_variance(knowledge, gradients, seed):
    known = gradients(12, 300, seed)
    rows = Mimic().forge(knowledge(known[:3], known))
    assert torch.equal(rows, known[[oracle(known)] * 3])


def test_by_hand(knowledge):
    """The rows vary along the first axis, where the fourth lies farthest from the mean."""
    known = torch.tensor([[1.0, 0.1], [2.0, -0.1], [3.0, 0.1], [9.0, 0.0], [0.0, 0.0]])
    assert torch.equal(Mimic().forge(knowledge(known[:1], known)), known[3:4])
    assert torch.equal(Mimic().forge(knowledge(known[:1], -known)), -known[3:4])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_copied_is_a_gradient_of_a_task_that_nobody_lies_about(knowledge, gradients, seed):
    known = gradients(12, 300, seed)
    spared = np.ones(12, dtype=bool)
    for _ in range(8):
        chosen = oracle(known[spared])
        place = int(np.flatnonzero(spared)[chosen])
        row = Mimic().forge(knowledge(known[:2], known, spared=spared.copy()))[0]
        assert torch.equal(row, known[place])
        spared[place] = False


def test_where_everything_is_lied_about_one_of_those_is_copied(knowledge, gradients):
    known = gradients(6, 30)
    row = Mimic().forge(knowledge(known[:1], known, spared=np.zeros(6, dtype=bool)))[0]
    assert torch.equal(row, known[oracle(known)])


def test_needs_to_see_the_honest(knowledge):
    assert Mimic().needs == "omniscient"
