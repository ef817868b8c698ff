"""Plans: every sample at most once an epoch, equal slices, the same on every rank."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from robusttrain.certificate.scheme import Scheme
from robusttrain.membership.planner import EVICTED, MEMBER, PROBATION, Planner
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.single import Single
from robusttrain.redundancy.assignment.subset import Subset

FIVE = Scheme(Subset(3), 5, tuple(range(5)), 1)
SIX = Scheme(Subset(3), 6, tuple(range(6)), 2)


def planner(batch: int = 20, samples: int = 107, seed: int = 0, **more) -> Planner:
    return Planner(FIVE, batch, samples, seed, **more)


@pytest.mark.parametrize(("batch", "samples"), [(20, 107), (20, 100), (10, 10), (30, 59)])
def test_batches_of_an_epoch_are_disjoint(batch, samples):
    plan, steps = planner(batch, samples), samples // batch
    for epoch in range(3):
        batches = [plan(epoch * steps + slot).samples for slot in range(steps)]
        drawn = np.concatenate(batches).ravel()
        assert len(set(drawn.tolist())) == len(drawn) == steps * batch
        assert drawn.min() >= 0
        assert drawn.max() < samples


@pytest.mark.parametrize("permute", [False, True])
def test_no_task_holds_what_the_server_keeps_for_itself(permute):
    plan, steps = planner(20, 107, root_samples=27, permute=permute), 4
    assert len(set(plan.root.tolist())) == 27
    assert plan.root.tolist() == sorted(plan.root)
    for epoch in range(3):
        batches = [plan(epoch * steps + slot).samples for slot in range(steps)]
        drawn = sorted(np.concatenate(batches).ravel().tolist())
        assert drawn == sorted(set(range(107)) - set(plan.root.tolist()))


def test_what_the_server_keeps_is_drawn_by_the_seed():
    first, again, other = (planner(root_samples=27, seed=seed).root for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert planner().root.tolist() == []


def test_epochs_have_other_orders_and_skip_other_samples():
    epochs = [[planner()(5 * e + slot).samples for slot in range(5)] for e in range(4)]
    orders = [np.concatenate(epoch).ravel() for epoch in epochs]
    assert len({tuple(order) for order in orders}) == 4
    assert len({tuple(sorted(order)) for order in orders}) == 4


def test_batches_that_come_in_turn_are_shuffled_within():
    plan = planner(batch=20, samples=100, in_turn=True)
    batches = [plan(step).samples.ravel() for step in range(5)]
    for step, drawn in enumerate(batches):
        assert sorted(drawn) == list(range(20 * step, 20 * step + 20))
    places = {tuple(drawn - 20 * step) for step, drawn in enumerate(batches)}
    assert len(places) == 5


def test_tasks_are_equal_consecutive_slices_of_the_batch():
    wide, narrow = planner(batch=20)(3), planner(batch=20)(3).samples.reshape(-1)
    assert wide.samples.shape == (10, 2)
    for task in range(10):
        assert wide.samples[task].tolist() == narrow[2 * task : 2 * task + 2].tolist()
    assert planner(batch=50)(0).samples.shape == (10, 5)


def test_how_a_batch_is_cut_does_not_change_what_is_in_it():
    five_tasks = Planner(Scheme(Single(), 5, tuple(range(5)), 0), 20, 107, 0)
    for step in range(12):
        assert np.array_equal(five_tasks(step).samples.ravel(), planner()(step).samples.ravel())


def test_another_instance_makes_the_same_plan_whatever_was_asked_before():
    for more in ({}, {"permute": True}):
        asked, fresh = planner(**more), planner(**more)
        early = {step: asked(step) for step in (0, 7, 3, 11)}
        for step in (11, 0, 3, 7):
            assert fresh(step).step == step
            for table in ("samples", "seeds", "teams", "shadows"):
                assert np.array_equal(getattr(fresh(step), table), getattr(early[step], table))


def test_seeds_of_the_augmentation_never_repeat():
    seeds = np.concatenate([planner()(step).seeds for step in range(50)])
    assert len(set(seeds.tolist())) == 500
    assert seeds.min() >= 0


def test_other_runs_draw_other_batches_and_seeds():
    first, other = planner(seed=0)(0), planner(seed=1)(0)
    assert not np.array_equal(first.samples, other.samples)
    assert not np.array_equal(first.seeds, other.seeds)


@pytest.mark.parametrize("permute", [False, True])
def test_without_a_status_all_are_members(permute):
    made = planner(permute=permute, shadows=2)
    for step in range(3):
        plain, told = made(step), made(step, np.full(5, MEMBER, np.uint8))
        for table in ("samples", "seeds", "teams", "shadows"):
            assert np.array_equal(getattr(plain, table), getattr(told, table))
        assert plain.workers == 5
        assert len(plain.shadows) == 0
        assert plain.evicted == told.evicted == frozenset()


def test_unpermuted_teams_are_those_of_the_assignment_at_every_step():
    for step in range(4):
        assert np.array_equal(planner()(step).teams, Subset(3).teams(5))


def pair_counts(teams: np.ndarray) -> list[int]:
    return sorted(Counter(p for team in teams.tolist() for p in combinations(team, 2)).values())


@pytest.mark.parametrize(
    ("assignment", "workers"),
    [(Subset(3), 6), (Mols(3), 15), (Cyclic(3), 9), (Single(), 4), (Single(tasks=10), 4)],
)
def test_a_permuted_scheme_is_the_same_design_under_other_names(assignment, workers):
    start = Scheme(assignment, workers, tuple(range(workers)), 1)
    made, fixed = Planner(start, 30, 100, 0, permute=True), assignment.teams(workers)
    for step in range(6):
        teams = made(step).teams
        assert teams.shape == fixed.shape
        assert (np.diff(teams, axis=1) > 0).all()
        loads = np.bincount(teams.ravel(), minlength=workers)
        assert sorted(loads) == sorted(np.bincount(fixed.ravel(), minlength=workers))
        assert pair_counts(teams) == pair_counts(fixed)


def test_labels_are_drawn_afresh_at_every_step_and_every_worker_gets_every_place():
    start = Scheme(Mols(3), 15, tuple(range(15)), 2)
    made = Planner(start, 25, 100, 0, permute=True)
    drawn = [made(step).teams for step in range(40)]
    assert len({teams.tobytes() for teams in drawn}) == 40
    assert {w for teams in drawn for w in teams[0].tolist()} == set(range(15))
    plain = Planner(start, 25, 100, 0)
    for step in (0, 5):
        assert np.array_equal(plain(step).samples, made(step).samples)
        assert np.array_equal(plain(step).seeds, made(step).seeds)


STATUS = np.array([MEMBER, EVICTED, MEMBER, PROBATION, MEMBER, MEMBER], np.uint8)


@pytest.mark.parametrize("permute", [False, True])
def test_who_is_out_is_in_no_team(permute):
    made = Planner(SIX, 20, 100, 0, permute=permute, shadows=2)
    found = {tuple(map(tuple, made(step, STATUS).teams.tolist())) for step in range(6)}
    for teams in found:
        assert sorted(teams) == [*combinations((0, 2, 4, 5), 3)]
    assert (len(found) > 1) == permute
    plan = made(0, STATUS)
    assert plan.workers == 6
    assert plan.evicted == {1, 3}
    assert len(plan.holdings[1]) == 0


def test_idle_members_get_their_turn_where_labels_change():
    """Four of six are left: groups of three leave one idle, another one at every step."""
    start = Scheme(Repetition(3), 6, tuple(range(6)), 1)
    made = Planner(start, 2, 100, 0, permute=True)
    drawn = [made(step, STATUS).teams.ravel().tolist() for step in range(20)]
    assert all(len(set(team)) == 3 for team in drawn)
    assert {w for team in drawn for w in team} == {0, 2, 4, 5}
    fixed = Planner(start, 2, 100, 0)
    assert {tuple(fixed(step, STATUS).teams.ravel()) for step in range(9)} == {(0, 2, 4)}


def test_shadows_are_copies_for_those_on_probation_only():
    made = Planner(SIX, 20, 100, 0, shadows=2)
    status = np.array([MEMBER, EVICTED, MEMBER, PROBATION, MEMBER, PROBATION], np.uint8)
    drawn = [made(step, status) for step in range(20)]
    for plan in drawn:
        assert plan.shadows.shape == (2, 2)  # three members make one task
        assert plan.shadows.tolist() == [[3, 0], [5, 0]]
        assert plan.evicted == {1, 3, 5}
    status[5] = MEMBER
    drawn = [made(step, status) for step in range(40)]
    for plan in drawn:
        assert [w for w, _ in plan.shadows.tolist()] == [3, 3]
        tasks = plan.shadows[:, 1].tolist()
        assert tasks == sorted(set(tasks))
        assert set(tasks) <= set(range(plan.tasks))
        assert plan.holdings[3].tolist() == tasks
        assert 3 not in plan.teams
        assert 1 not in plan.shadows[:, 0]
    assert {t for plan in drawn for t in plan.shadows[:, 1].tolist()} == set(range(4))


@pytest.mark.parametrize("permute", [False, True])
def test_where_the_tasks_are_set_survivors_compute_the_same_ones(permute):
    start = Scheme(Single(tasks=8), 6, tuple(range(6)), 2)
    made = Planner(start, 24, 100, 0, permute=permute)
    for step in range(4):
        whole, plan = made(step), made(step, STATUS)
        for table in ("samples", "seeds"):
            assert np.array_equal(getattr(plan, table), getattr(whole, table))
        held = [len(tasks) for tasks in plan.holdings]
        assert held == [2, 0, 2, 0, 2, 2]
        assert sorted(len(tasks) for tasks in whole.holdings) == [1, 1, 1, 1, 2, 2]


def test_without_shadows_probation_is_like_eviction():
    plan = Planner(SIX, 20, 100, 0)(0, STATUS)
    assert plan.shadows.shape == (0, 2)
    assert plan.evicted == {1, 3}


def test_a_smaller_scheme_takes_a_prefix_of_the_same_batch():
    """Six workers make 20 tasks of 3; five 10 of 6; four 4 of 15: then 7 and 70."""
    six = Planner(SIX, 60, 200, 0)
    for out, tasks in ((1, 10), (2, 4)):
        status = np.array([EVICTED] * out + [MEMBER] * (6 - out), np.uint8)
        for step in range(4):
            plan = six(step, status)
            assert plan.samples.shape == (tasks, 60 // tasks)
            assert np.array_equal(plan.samples.ravel(), six(step).samples.ravel())
    seven = Scheme(Subset(3), 7, tuple(range(7)), 2)  # 35 tasks of 2; without one 20 of 3
    made = Planner(seven, 70, 300, 0)
    status = np.array([MEMBER] * 6 + [EVICTED], np.uint8)
    epoch = []
    for step in range(4):
        plan = made(step, status)
        assert plan.samples.shape == (20, 3)
        assert np.array_equal(plan.samples.ravel(), made(step).samples.ravel()[:60])
        epoch += plan.samples.ravel().tolist()
    assert len(set(epoch)) == len(epoch) == 240


def test_the_plan_follows_from_step_and_status_alone():
    made = Planner(SIX, 20, 100, 0, permute=True, shadows=3)
    first = made(4, STATUS)
    made(5), made(6, np.full(6, MEMBER))
    again = Planner(SIX, 20, 100, 0, permute=True, shadows=3)(4, STATUS.copy())
    for table in ("samples", "seeds", "teams", "shadows"):
        assert np.array_equal(getattr(first, table), getattr(again, table))
