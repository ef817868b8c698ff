"""What every agreement in configs/agreement must do."""

import numpy as np
import pytest
from support import component, members, plan_of

from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import SILENT

PLAN = plan_of(Subset(3).teams(5), workers=6, shadows=[(5, 4), (5, 1)])


@pytest.fixture(params=members("agreement"), ids=lambda path: path.stem)
def agreement(request):
    return component(request.param)


def claims(agreement, workers):
    """The claims of honest workers: task t's row is t, in one block."""
    said = {}
    for worker in workers:
        rows = [np.float32([task]) for task in PLAN.held([worker])]
        leaves = [agreement.leaf(memoryview(row).cast("B")) for row in rows]
        table = b"".join(agreement.root(leaf) for leaf in leaves)
        said[worker] = np.frombuffer(table, np.uint8).reshape(len(rows), agreement.width)
    return Commitments.of(PLAN, said, agreement.width).claims()


def test_leaves_and_roots_have_the_width_that_is_declared(agreement):
    leaf = agreement.leaf(memoryview(b"some bytes"))
    assert len(leaf) == agreement.width
    assert len(agreement.root(leaf * 3)) == agreement.width
    assert leaf == agreement.leaf(memoryview(b"some bytes"))


def test_honest_copies_have_one_class(agreement):
    found = claims(agreement, range(6))
    assert np.array_equal(found.classes, np.zeros_like(PLAN.teams))
    assert found.shadows.tolist() == [0, 0]


def test_who_said_nothing_is_silent(agreement):
    found = claims(agreement, [0, 1, 3, 4])
    assert np.array_equal(found.classes == SILENT, PLAN.teams == 2)
    assert (found.classes[0] == [0, 0, SILENT]).all()  # task 0 is held by 0, 1 and 2
    assert found.shadows.tolist() == [SILENT, SILENT]
    assert found.speakers.tolist() == [True, True, False, True, True, False]
