"""What every detector in configs/detector must do."""

import numpy as np
import pytest
from support import component, members

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import NOT_HELD, SILENT, Claims, Plan

WORKERS, LIARS = 9, 3
HOLDERS = Subset(3).holders(WORKERS)
TASKS = HOLDERS.shape[1]
PLAN = Plan(0, np.zeros((TASKS, 1), int), np.zeros(TASKS, int), HOLDERS)


@pytest.fixture(params=members("detector"), ids=lambda path: path.stem)
def detector(request):
    fields = component(request.param).__dataclass_fields__
    return component(request.param, **({"byzantine": LIARS} if "byzantine" in fields else {}))


def said(classes=0) -> np.ndarray:
    return np.where(HOLDERS, classes, NOT_HELD)


def test_nobody_is_convicted_where_all_agree(detector):
    verdict = detector.inspect(PLAN, Claims(said()))
    assert verdict.trusted.all()
    assert not verdict.overwhelmed


@pytest.mark.parametrize("liars", [[0], [4, 8], [1, 3, 7]])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_as_many_liars_as_assumed_convict_no_honest_worker(detector, liars, share):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        lies = HOLDERS & np.isin(np.arange(WORKERS), liars)[:, None]
        lies &= rng.random(lies.shape) < share
        colluding = rng.integers(1, 3, size=lies.shape)
        verdict = detector.inspect(PLAN, Claims(np.where(lies, colluding, said())))
        assert set(verdict.convicted) <= set(liars)
        assert not verdict.absent


def test_the_silent_are_absent_not_guilty(detector):
    classes = said()
    classes[5] = np.where(HOLDERS[5], SILENT, NOT_HELD)
    verdict = detector.inspect(PLAN, Claims(classes))
    assert list(verdict.absent) == [5]
    assert not verdict.convicted


def test_claims_are_left_as_they_were(detector):
    classes = np.where(np.arange(WORKERS)[:, None] == 2, said(1), said())
    before = classes.copy()
    detector.inspect(PLAN, Claims(classes))
    assert np.array_equal(classes, before)
