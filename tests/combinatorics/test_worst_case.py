"""The worst sets of liars against brute force over all sets, and the published tables."""

import pytest
from hypergraphs import brute, hypergraph, won

from robusttrain.combinatorics.worst_case import climb, most_won
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.design import Design
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition


@pytest.mark.parametrize("seed", range(120))
def test_any_hypergraph_matches_brute_force(seed):
    teams, workers, q, need = hypergraph(seed)
    worst = most_won(teams, workers, q, need)
    assert worst.count == worst.ceiling == brute(teams, workers, q, need)
    assert len(set(worst.liars)) == q
    assert worst.tasks.tolist() == [
        i for i, team in enumerate(teams) if won(team[None], worst.liars, need)
    ]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("effort", [0, 3, 30])
def test_an_interrupted_search_still_bounds_the_worst(seed, effort):
    teams, workers, q, need = hypergraph(seed)
    truth = brute(teams, workers, q, need)
    worst = most_won(teams, workers, q, need, effort=effort)
    assert worst.count <= truth <= worst.ceiling


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        (Mols(3), [1, 3, 5, 8, 12, 14]),
        (Design(3), [1, 3, 6, 10, 15, 19]),
        (Cyclic(3), [2, 3, 5, 6, 8, 9]),
        (Repetition(3), [1, 1, 2, 2, 3, 3]),
    ],
)
def test_published_worst_cases_of_15_workers(assignment, expected):
    worst = [most_won(assignment.teams(15), 15, q, 2) for q in range(2, 8)]
    assert [w.count for w in worst] == expected
    assert all(w.exact for w in worst)


def test_mols_of_21_and_25_workers_match_brute_force_done_once():
    twenty_one = [most_won(Mols(3).teams(21), 21, q, 2, 10**9) for q in range(6, 11)]
    assert [(w.count, w.ceiling) for w in twenty_one] == [(c, c) for c in (12, 16, 21, 25, 29)]
    affine = Design(5).teams(25)[:25]  # some 25 lines of the plane: no regular scheme
    worst = most_won(affine, 25, 4, 3, 10**9)
    assert worst.exact
    assert worst.count == brute(affine, 25, 4, 3)


def test_the_result_does_not_change_from_call_to_call():
    teams = Mols(5).teams(35)
    one, two = (most_won(teams, 35, 12, 3, effort=2000) for _ in range(2))
    assert (one.count, one.ceiling, one.liars) == (two.count, two.ceiling, two.liars)


def test_a_deadline_that_is_past_leaves_an_honest_bound():
    worst = most_won(Mols(5).teams(35), 35, 12, 3, effort=10**9, deadline=0.0)
    assert worst.count <= 16 < worst.ceiling


def test_climbing_beats_the_first_workers():
    teams = Mols(3).teams(15)
    assert won(teams, climb(teams, 15, 5, 2), 2) > won(teams, range(5), 2)


def test_more_than_127_workers():
    worst = most_won(Cyclic(3).teams(150), 150, 2, 2)
    assert (worst.count, worst.exact) == (2, True)


@pytest.mark.parametrize(("q", "need"), [(-1, 2), (16, 2), (3, 0), (3, 4)])
def test_values_out_of_range_are_refused(q, need):
    with pytest.raises(ValueError, match="must be from"):
        most_won(Mols(3).teams(15), 15, q, need)
