"""What every agreement in configs/agreement must do."""

import numpy as np
import pytest
from support import component, members

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import NOT_HELD, SILENT, Plan

HOLDERS = Subset(3).holders(5)
TASKS = HOLDERS.shape[1]
PLAN = Plan(0, np.zeros((TASKS, 1), int), np.zeros(TASKS, int), HOLDERS)


@pytest.fixture(params=members("agreement"), ids=lambda path: path.stem)
def agreement(request):
    return component(request.param)


def roots(agreement, workers) -> dict[int, np.ndarray]:
    """What honest workers commit to: task t's row is t, in one block."""
    said = {}
    for worker in workers:
        rows = [np.float32([task]) for task in PLAN.held([worker])]
        leaves = [agreement.leaf(memoryview(row).cast("B")) for row in rows]
        table = b"".join(agreement.root(leaf) for leaf in leaves)
        said[worker] = np.frombuffer(table, np.uint8).reshape(len(rows), agreement.width)
    return said


def test_leaves_and_roots_have_the_width_that_is_declared(agreement):
    leaf = agreement.leaf(memoryview(b"some bytes"))
    assert len(leaf) == agreement.width
    assert len(agreement.root(leaf * 3)) == agreement.width
    assert leaf == agreement.leaf(memoryview(b"some bytes"))


def test_honest_copies_have_one_class(agreement):
    claims = agreement.claims(PLAN, roots(agreement, range(5)))
    assert np.array_equal(claims.classes, np.where(HOLDERS, 0, NOT_HELD))


def test_who_said_nothing_is_silent(agreement):
    claims = agreement.claims(PLAN, roots(agreement, [0, 1, 3, 4]))
    assert np.array_equal(claims.classes[2], np.where(HOLDERS[2], SILENT, NOT_HELD))
    assert claims.speakers.tolist() == [True, True, False, True, True]
