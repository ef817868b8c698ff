"""Plans: every sample at most once an epoch, equal slices, the same on every rank."""

import numpy as np
import pytest

from robusttrain.assignment.subset import Subset
from robusttrain.planner import Planner

HOLDERS = Subset(3).holders(5)


def planner(batch: int = 20, samples: int = 107, seed: int = 0) -> Planner:
    return Planner(HOLDERS, batch, samples, seed)


@pytest.mark.parametrize(("batch", "samples"), [(20, 107), (20, 100), (10, 10), (30, 59)])
def test_batches_of_an_epoch_are_disjoint(batch, samples):
    plan, steps = planner(batch, samples), samples // batch
    for epoch in range(3):
        batches = [plan(epoch * steps + slot).samples for slot in range(steps)]
        drawn = np.concatenate(batches).ravel()
        assert len(set(drawn.tolist())) == len(drawn) == steps * batch
        assert drawn.min() >= 0
        assert drawn.max() < samples


def test_epochs_have_other_orders_and_skip_other_samples():
    epochs = [[planner()(5 * e + slot).samples for slot in range(5)] for e in range(4)]
    orders = [np.concatenate(epoch).ravel() for epoch in epochs]
    assert len({tuple(order) for order in orders}) == 4
    assert len({tuple(sorted(order)) for order in orders}) == 4


def test_tasks_are_equal_consecutive_slices_of_the_batch():
    wide, narrow = planner(batch=20)(3), planner(batch=20)(3).samples.reshape(-1)
    assert wide.samples.shape == (10, 2)
    for task in range(10):
        assert wide.samples[task].tolist() == narrow[2 * task : 2 * task + 2].tolist()
    assert planner(batch=50)(0).samples.shape == (10, 5)


def test_how_a_batch_is_cut_does_not_change_what_is_in_it():
    one_task = Planner(np.ones((5, 1), dtype=bool), 20, 107, 0)
    for step in range(12):
        assert np.array_equal(one_task(step).samples.ravel(), planner()(step).samples.ravel())


def test_another_instance_makes_the_same_plan_whatever_was_asked_before():
    asked, fresh = planner(), planner()
    early = {step: asked(step) for step in (0, 7, 3, 11)}
    for step in (11, 0, 3, 7):
        assert fresh(step).step == step
        assert np.array_equal(fresh(step).samples, early[step].samples)
        assert np.array_equal(fresh(step).seeds, early[step].seeds)
        assert fresh(step).holders is HOLDERS


def test_seeds_of_the_augmentation_never_repeat():
    seeds = np.concatenate([planner()(step).seeds for step in range(50)])
    assert len(set(seeds.tolist())) == 500
    assert seeds.min() >= 0


def test_other_runs_draw_other_batches_and_seeds():
    first, other = planner(seed=0)(0), planner(seed=1)(0)
    assert not np.array_equal(first.samples, other.samples)
    assert not np.array_equal(first.seeds, other.seeds)
