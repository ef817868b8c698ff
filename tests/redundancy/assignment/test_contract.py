"""What every assignment in configs/assignment must do, for every K up to 40 that it exists for."""

import re
from itertools import product

import numpy as np
import pytest
from support import component, members

from robusttrain.combinatorics.vertex_cover import in_every_cover
from robusttrain.redundancy.assignment.single import Single

CHOICES = members("assignment")
UNEVEN = [Single(tasks=5), Single(tasks=8), Single(tasks=60)]


@pytest.fixture(params=[*CHOICES, *UNEVEN], ids=lambda made: getattr(made, "stem", str(made)))
def assignment(request):
    return request.param if request.param in UNEVEN else component(request.param)


def sizes(assignment, largest: int) -> list[int]:
    return [k for k in range(1, largest + 1) if assignment.obstacle(k) is None]


def test_tasks_have_r_distinct_holders_and_workers_the_same_load(assignment):
    assert len(sizes(assignment, 40)) >= 3
    for workers in sizes(assignment, 40):
        teams = assignment.teams(workers)
        assert teams.dtype == np.int64
        assert teams.shape == (len(teams), assignment.replication)
        assert (np.diff(teams, axis=1) > 0).all()
        assert teams.min() == 0
        assert teams.max() == workers - 1
        load = np.bincount(teams.ravel(), minlength=workers)
        least, over = divmod(len(teams) * assignment.replication, workers)
        assert sorted(load.tolist()) == [least] * (workers - over) + [least + 1] * over
        assert least > 0
        assert over == 0 or assignment in UNEVEN
        assert np.array_equal(teams, assignment.teams(workers))


@pytest.mark.parametrize("choice", CHOICES, ids=lambda path: path.stem)
def test_no_scheme_no_teams_and_the_nearest_that_exist_are_named(choice):
    assignment = component(choice)
    exists = sizes(assignment, 60)
    refused = sorted({*range(-1, 41)} - {*exists})
    assert refused
    for workers in refused:
        name = type(assignment).__name__.lower()
        why = re.escape(assignment.obstacle(workers))
        with pytest.raises(ValueError, match=f"={workers}, .*: {why}; use workers=") as error:
            assignment.teams(workers)
        message = str(error.value)
        assert message.startswith(f"assignment={name} does not exist for workers={workers}, ")
        assert f"assignment.replication={assignment.replication}" in message
        named = [int(k) for k in message.split("use workers=")[1].split(" or ")]
        smaller = [k for k in exists if 1 < k < workers][-1:]
        larger = [k for k in exists if k > workers][:1]
        assert named == smaller + larger
        assert all(len(assignment.teams(k)) for k in named)


def test_formulas_for_the_worst_liars_are_what_a_search_over_all_finds(assignment, most):
    for workers in sizes(assignment, 9):
        teams = assignment.teams(workers)
        for q, need in product(range(workers + 1), range(1, assignment.replication + 2)):
            worst = assignment.worst(workers, q, need)
            if worst is None:
                continue
            assert worst.exact
            assert worst.count == most(teams, workers, q, need)
            assert len({*worst.liars}) == len(worst.liars) == q
            assert {*worst.liars} <= {*range(workers)}
            held = np.isin(teams, worst.liars).sum(axis=1)
            assert worst.tasks.tolist() == np.flatnonzero(held >= need).tolist()
            assert len(worst.tasks) == worst.count


def test_hidden_liars_win_what_is_promised_and_nobody_is_convicted(assignment):
    """The liars among a task's holders all say the same lie; the others tell the truth."""
    for workers in sizes(assignment, 13):
        teams = assignment.teams(workers)
        for q in range((workers + 1) // 2):
            undetected = assignment.undetected(workers, q)
            if undetected is None:
                continue
            assert undetected.exact
            assert undetected.count == len({*undetected.tasks.tolist()}) == len(undetected.tasks)
            assert len({*undetected.liars}) == q
            lying = np.isin(teams[undetected.tasks], undetected.liars)
            assert (2 * lying.sum(axis=1) > assignment.replication).all()
            graph = np.zeros((workers, workers), dtype=bool)
            for team, lie in zip(teams[undetected.tasks], lying, strict=True):
                graph[np.ix_(team[lie], team[~lie])] = True
            assert in_every_cover(graph | graph.T, q) == []


def test_hidden_is_at_most_the_worst_majority(assignment):
    need = assignment.replication // 2 + 1
    for workers, q in product(sizes(assignment, 9), range(4)):
        undetected, worst = assignment.undetected(workers, q), assignment.worst(workers, q, need)
        if undetected is not None and worst is not None:
            assert undetected.count <= worst.count
