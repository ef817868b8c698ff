"""Who lies about what, and how far the liars see."""

from dataclasses import replace

import numpy as np
import pytest
from support import plan_of

from robusttrain.names import name_of
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.threat.attack.alie import Alie
from robusttrain.threat.attack.inner_product import InnerProduct
from robusttrain.threat.attack.mimic import Mimic
from robusttrain.threat.attack.min_max import MinMax
from robusttrain.threat.attack.reversed import Reversed
from robusttrain.threat.placement.fixed import Fixed
from robusttrain.threat.placement.random import Random
from robusttrain.threat.target.all import All
from robusttrain.threat.target.base import Target
from robusttrain.threat.target.disagreement import Disagreement
from robusttrain.threat.target.majority import Majority
from robusttrain.threat.target.unopposed import Unopposed
from robusttrain.threat.threat import Threat

TEAMS = Subset(3).teams(6)
PLAN = plan_of(TEAMS, step=4)


def threat(liars: list[int], knowledge: str = "own", target: Target | None = None) -> Threat:
    placement, target = Fixed(liars), target or All()
    return Threat(len(liars), knowledge, placement, target, Reversed(1.0), seed=0, start=PLAN)


def groups(
    liars: list[int], knowledge: str, hosted: list[int], plan=PLAN
) -> list[tuple[list[int], list[int]]]:
    return [
        (workers, known.tolist())
        for workers, known in threat(liars, knowledge).groups(plan, hosted)
    ]


@pytest.mark.parametrize("target", [All(), Majority(), Disagreement(None), Unopposed()])
@pytest.mark.parametrize("liars", [[], [3], [0, 5], [1, 2, 4]])
def test_forged_copies_are_the_targets_that_liars_hold(target, liars):
    mask = np.isin(np.arange(6), liars)
    forged, chosen = threat(liars, target=target).forged(PLAN), target.tasks(TEAMS, mask)
    assert forged.shape == TEAMS.shape
    for task, team in enumerate(TEAMS.tolist()):
        assert forged[task].tolist() == [w in liars and bool(chosen[task]) for w in team]
    expected = chosen if liars else np.zeros(20, dtype=bool)
    assert np.array_equal(threat(liars, target=target).targeted(PLAN), expected)


def test_nobody_forges_nothing_even_if_workers_are_listed():
    silent = Threat(0, "omniscient", Fixed([1, 2]), All(), Reversed(1.0), seed=0, start=PLAN)
    assert not silent.liars(PLAN).any()
    assert silent.targeted(PLAN).tolist() == [False] * 20
    assert not silent.forged(PLAN).any()
    assert silent.forged(PLAN).shape == TEAMS.shape
    assert list(silent.groups(PLAN, [0, 1, 2])) == []


def test_all_may_lie():
    assert threat(list(range(6))).forged(PLAN).all()


def test_own_each_liar_is_alone_with_its_tasks():
    expected = [([w], np.flatnonzero((w == TEAMS).any(axis=1)).tolist()) for w in (1, 4)]
    assert groups([1, 4, 5], "own", hosted=[0, 1, 2, 4]) == expected


def test_colluders_pool_the_tasks_of_all_liars_also_those_elsewhere():
    pooled = np.flatnonzero(np.isin(TEAMS, [1, 4, 5]).any(axis=1)).tolist()
    assert len(pooled) == 19  # only the task of the honest 0, 2, 3 is out of reach
    assert groups([1, 4, 5], "colluders", hosted=[0, 1, 4]) == [([1, 4], pooled)]


def test_omniscient_know_every_task():
    assert groups([1, 4, 5], "omniscient", hosted=[5]) == [([5], list(range(20)))]


@pytest.mark.parametrize("knowledge", ["own", "colluders", "omniscient"])
def test_honest_ranks_forge_with_nobody(knowledge):
    assert groups([1, 4], knowledge, hosted=[0, 2, 3, 5]) == []


def test_a_liar_on_probation_lies_about_its_shadows_where_the_others_lie():
    """0 is out and shadows two tasks of groups 123 and 456, of which 1 and 2 are with it."""
    teams = 1 + Repetition(3).teams(6)
    plan = plan_of(teams, workers=7, shadows=[(0, 0), (0, 1)], evicted=[0])
    lying = threat([0, 1, 2], target=Majority())
    assert lying.liars(plan).tolist() == [True, True, True, False, False, False, False]
    assert lying.targeted(plan).tolist() == [True, False]
    assert lying.forged(plan).tolist() == [[True, True, False], [False, False, False]]
    assert groups([0, 1, 2], "own", [0, 6], plan) == [([0], [0, 1])]
    assert groups([0, 1, 2], "colluders", [0, 6], plan) == [([0], [0, 1])]


def test_liars_follow_the_step_and_the_seed():
    moving = Threat(2, "own", Random(), All(), Reversed(1.0), seed=3, start=PLAN)
    for step in range(5):
        chosen = Random().choose(step, PLAN, 2, 3)
        assert np.flatnonzero(moving.liars(replace(PLAN, step=step))).tolist() == chosen.tolist()


def test_liars_are_placed_by_the_plan_of_the_first_step():
    """Whatever the plan of a step has become, `who` is told of the first."""
    told = []

    class Seen(Random):
        def choose(self, step, start, byzantine, seed):
            told.append((step, start))
            return super().choose(step, start, byzantine, seed)

    later = plan_of(Subset(3).teams(5), workers=6, step=9, evicted=[5])
    Threat(1, "own", Seen(), All(), Reversed(1.0), seed=0, start=PLAN).liars(later)
    assert told == [(9, PLAN)]


@pytest.mark.parametrize("knowledge", ["", "all", "Own", None])
def test_refuses_unknown_knowledge(knowledge):
    with pytest.raises(ValueError) as error:
        threat([1], knowledge)
    assert str(error.value) == (
        f"threat.knowledge={knowledge} must be one of own, colluders, omniscient"
    )


class Alone(Reversed):
    """Each liar for itself."""

    collusive = False


@pytest.mark.parametrize("knowledge", ["own", "colluders", "omniscient"])
def test_who_does_not_collude_is_alone_with_its_tasks_whatever_it_may_know(knowledge):
    lone = Threat(2, knowledge, Fixed([1, 4]), All(), Alone(2.0), seed=0, start=PLAN)
    found = [(workers, known.tolist()) for workers, known in lone.groups(PLAN, [0, 1, 4])]
    assert found == groups([1, 4], "own", [0, 1, 4])


@pytest.mark.parametrize("knowledge", ["own", "colluders"])
def test_refuses_an_attack_that_needs_more_knowledge(knowledge):
    with pytest.raises(ValueError) as error:
        Threat(2, knowledge, Fixed([1, 4]), All(), Mimic(), seed=0, start=PLAN)
    assert str(error.value) == (
        f"attack=mimic needs knowledge omniscient, but threat.knowledge={knowledge} allows "
        "less; set threat.knowledge=omniscient, or choose an attack that needs less"
    )
    Threat(2, "omniscient", Fixed([1, 4]), All(), Mimic(), seed=0, start=PLAN)


SINGLE = plan_of(np.arange(6)[:, None])


@pytest.mark.parametrize(
    ("liars", "knowledge", "remedy"),
    [
        ([1, 4], "own", "threat.knowledge=colluders"),
        ([1], "own", "threat.knowledge=omniscient"),
        ([1], "colluders", "threat.knowledge=omniscient"),
    ],
)
@pytest.mark.parametrize("attack", [Alie(None), MinMax("std")])
def test_refuses_an_attack_that_cannot_see_a_spread(liars, knowledge, remedy, attack):
    name = name_of(attack)
    with pytest.raises(ValueError) as error:
        Threat(len(liars), knowledge, Fixed(liars), All(), attack, seed=0, start=SINGLE)
    assert str(error.value) == (
        f"attack={name} needs to know the gradients of 2 tasks, but with "
        f"threat.knowledge={knowledge} a liar may see only 1; use {remedy}, or choose an "
        "attack that needs less"
    )
    better = remedy.split("=")[1]
    Threat(len(liars), better, Fixed(liars), All(), attack, seed=0, start=SINGLE)


def test_refuses_it_where_no_knowledge_is_enough():
    with pytest.raises(ValueError, match="see only 1; use an assignment with more tasks, or"):
        Threat(1, "omniscient", Fixed([0]), All(), Alie(1.0), seed=0, start=plan_of([[0, 1, 2]]))


def test_a_liar_with_tasks_enough_of_its_own_sees_a_spread():
    start = plan_of(Cyclic(3).teams(6))
    for attack in (Alie(None), MinMax("std"), InnerProduct(0.5)):
        Threat(1, "own", Fixed([1]), All(), attack, seed=0, start=start)
    Threat(1, "own", Fixed([1]), All(), InnerProduct(0.5), seed=0, start=SINGLE)


def test_the_worker_with_the_fewest_tasks_decides_since_it_may_come_to_lie():
    start = plan_of([[0, 1], [0, 1], [0, 2]], workers=4)
    with pytest.raises(ValueError, match="a liar may see only 1"):
        Threat(1, "own", Random(), All(), Alie(1.0), seed=0, start=start)


def test_without_liars_any_attack_may_be_set():
    Threat(0, "own", Fixed([]), All(), Mimic(), seed=0, start=SINGLE)
