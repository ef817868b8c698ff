"""The server or a trusted rank recomputes exactly what an honest worker commits to."""

import numpy as np
import pytest
import torch
from blake3 import blake3
from torch.nn.utils import parameters_to_vector

from robusttrain.certificate.scheme import Scheme
from robusttrain.membership.planner import EVICTED, MEMBER, Planner
from robusttrain.ops.layout import Layout
from robusttrain.protocol.recompute import Recompute
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.training.augment.crop_flip import CropFlip
from robusttrain.training.data.synthetic import Synthetic
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.model.small_cnn import small_cnn
from robusttrain.training.objective.supervised import Supervised

torch.set_num_threads(1)
IMAGE, CLASSES, BLOCK = (1, 8, 8), 4, 100
PLANNER = Planner(Scheme(Subset(3), 6, tuple(range(6)), 2), 40, 100, 0)
PLAN = PLANNER(0)


def bench(chunk: int = 3, vectorize: str = "vmap") -> tuple[Recompute, torch.Tensor]:
    torch.manual_seed(0)
    model = small_cnn(IMAGE, CLASSES, (4, 4), 8)
    layout = Layout.of(model, BLOCK)
    parameters = parameters_to_vector(model.parameters()).detach()
    train, _ = Synthetic(IMAGE, CLASSES, 100, 1, 1.0).load()
    objective, augment = Supervised(chunk, vectorize), CropFlip(1, True)
    gradients = Gradients(objective, model, layout, train, augment)
    return Recompute(gradients, layout, Digest()), parameters


def by_hand(made: Recompute, parameters: torch.Tensor, plan) -> list[bytes]:
    """The root of every task's row, by BLAKE3 over BLAKE3."""
    out = parameters.new_empty(plan.tasks, made.layout.size)
    rows = made.gradients.rows(parameters, plan, np.arange(plan.tasks), out).numpy()
    roots = []
    for row in rows:
        blocks = [row[lo : lo + BLOCK].tobytes() for lo in range(0, len(row), BLOCK)]
        roots.append(blake3(b"".join(blake3(block).digest() for block in blocks)).digest())
    return roots


@pytest.mark.parametrize("vectorize", ["vmap", "loop"])
@pytest.mark.parametrize("chunk", [2, 3, 64])
def test_roots_are_those_of_the_true_rows_in_the_order_asked(chunk, vectorize):
    made, parameters = bench(chunk, vectorize)
    expected = by_hand(made, parameters, PLAN)
    for tasks in ([7], [0, 1, 2], [19, 3, 3, 11, 0, 8, 2], list(range(20))):
        found = made.roots(parameters, PLAN, np.array(tasks))
        assert found == b"".join(expected[task] for task in tasks)
    assert made.roots(parameters, PLAN, np.array([], dtype=int)) == b""


def test_the_rows_are_those_of_the_plan_and_parameters_given():
    made, parameters = bench()
    tasks = np.array([2, 3])
    later, moved = PLANNER(1), parameters * 0.5
    smaller = PLANNER(0, np.array([EVICTED] + [MEMBER] * 5, np.uint8))
    roots = [
        made.roots(p, plan, tasks)
        for p, plan in ((parameters, PLAN), (parameters, later), (moved, PLAN))
    ]
    assert len(set(roots)) == 3
    assert made.roots(parameters, PLAN, tasks) == roots[0]
    expected = by_hand(made, parameters, smaller)
    assert made.roots(parameters, smaller, tasks) == expected[2] + expected[3]


def test_leaves_cover_the_row_block_by_block():
    made, _ = bench()
    row = torch.arange(made.layout.size, dtype=torch.float32)
    leaves = made.leaves(row)
    assert len(leaves) == 32 * len(made.layout.blocks)
    lo, hi = made.layout.blocks[-1]
    assert leaves[-32:] == blake3(row[lo:hi].numpy().tobytes()).digest()
    row[lo] += 1
    assert made.leaves(row)[:-32] == leaves[:-32]
    assert made.leaves(row)[-32:] != leaves[-32:]


def test_where_nothing_is_compared_nothing_is_committed_to():
    made, parameters = bench()
    none = Recompute(made.gradients, made.layout, NoAgreement())
    assert none.leaves(torch.zeros(made.layout.size)) == b""
    assert none.roots(parameters, PLAN, np.array([0, 1])) == b""
