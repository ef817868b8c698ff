"""Who lies about what, and how far the liars see."""

import numpy as np
import pytest

from robusttrain.assignment.subset import Subset
from robusttrain.attack.reversed import Reversed
from robusttrain.core.types import Plan
from robusttrain.targets.all import All
from robusttrain.targets.base import Targets
from robusttrain.targets.disagreement import Disagreement
from robusttrain.targets.majority import Majority
from robusttrain.threat import Threat
from robusttrain.who.fixed import Fixed
from robusttrain.who.random import Random

HOLDERS = Subset(3).holders(6)
PLAN = Plan(4, np.zeros((20, 1), int), np.zeros(20, int), HOLDERS)


def threat(liars: list[int], knowledge: str = "own", targets: Targets | None = None) -> Threat:
    return Threat(len(liars), knowledge, Fixed(liars), targets or All(), Reversed(1.0), seed=0)


def crews(liars: list[int], knowledge: str, hosted: list[int]) -> list[tuple[list[int], list[int]]]:
    return [(crew, known.tolist()) for crew, known in threat(liars, knowledge).crews(PLAN, hosted)]


@pytest.mark.parametrize("targets", [All(), Majority(), Disagreement(None)])
@pytest.mark.parametrize("liars", [[], [3], [0, 5], [1, 2, 4]])
def test_forged_copies_are_the_targets_that_liars_hold(targets, liars):
    mask = np.isin(np.arange(6), liars)
    forged = threat(liars, targets=targets).forged(PLAN)
    assert not (forged & ~HOLDERS).any()
    assert not forged[~mask].any()
    assert np.array_equal(forged[mask], HOLDERS[mask] & targets.tasks(HOLDERS, mask))


def test_nobody_forges_nothing_even_if_workers_are_listed():
    silent = Threat(0, "omniscient", Fixed([1, 2]), All(), Reversed(1.0), seed=0)
    assert not silent.liars(PLAN).any()
    assert not silent.forged(PLAN).any()
    assert silent.forged(PLAN).shape == HOLDERS.shape
    assert list(silent.crews(PLAN, [0, 1, 2])) == []


def test_all_may_lie():
    everyone = threat(list(range(6)))
    assert np.array_equal(everyone.forged(PLAN), HOLDERS)


def test_own_each_liar_is_alone_with_its_tasks():
    expected = [([w], np.flatnonzero(HOLDERS[w]).tolist()) for w in (1, 4)]
    assert crews([1, 4, 5], "own", hosted=[0, 1, 2, 4]) == expected


def test_colluders_pool_the_tasks_of_all_liars_also_those_elsewhere():
    pooled = np.flatnonzero(HOLDERS[[1, 4, 5]].any(axis=0)).tolist()
    assert len(pooled) == 19  # only the task of the honest 0, 2, 3 is out of reach
    assert crews([1, 4, 5], "colluders", hosted=[0, 1, 4]) == [([1, 4], pooled)]


def test_omniscient_know_every_task():
    assert crews([1, 4, 5], "omniscient", hosted=[5]) == [([5], list(range(20)))]


@pytest.mark.parametrize("knowledge", ["own", "colluders", "omniscient"])
def test_honest_ranks_host_no_crew(knowledge):
    assert crews([1, 4], knowledge, hosted=[0, 2, 3, 5]) == []


def test_liars_follow_the_step_and_the_seed():
    moving = Threat(2, "own", Random(), All(), Reversed(1.0), seed=3)
    for step in range(5):
        plan = Plan(step, PLAN.samples, PLAN.seeds, HOLDERS)
        chosen = Random().choose(step, 6, 2, 3)
        assert np.flatnonzero(moving.liars(plan)).tolist() == chosen.tolist()


@pytest.mark.parametrize("knowledge", ["", "all", "Own", None])
def test_refuses_unknown_knowledge(knowledge):
    with pytest.raises(ValueError) as error:
        threat([1], knowledge)
    assert str(error.value) == (
        f"threat.knowledge={knowledge} must be one of own, colluders, omniscient"
    )
