"""By source: means of what is pulled from one worker; its theorem by brute force at small K."""

from collections.abc import Iterator, Sequence
from itertools import combinations, combinations_with_replacement, islice, product

import numpy as np
import pytest
import torch
from support import claims_of, plan_of

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.by_source import BySource
from robusttrain.defense.preaggregator.clipping import Clipping
from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import SILENT, Verdict

NAN = float("nan")


def groups(stage: BySource, n: int) -> list[list[int]]:
    """The rows of each mean, which all weigh the same in it."""
    matrix = stage.mixing(n, None, np.random.default_rng(0))
    assert all(len(row[row > 0].unique()) == 1 for row in matrix)
    return [row.nonzero().flatten().tolist() for row in matrix]


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [
        (1, [[1, 3, 4, 5, 7], [0], [2, 6]]),
        (2, [[1, 3, 4], [5, 7], [0], [2], [6]]),
        (3, [[1, 3], [4, 5], [7], [0], [2], [6]]),
    ],
)
def test_rows_of_a_source_are_cut_into_nearly_equal_buckets(buckets, expected):
    stage = BySource(buckets, np.array([4, 1, 9, 1, 1, 1, 9, 1]))
    assert groups(stage, 8) == expected
    assert stage.rows_out(8) == len(expected)


def test_where_no_source_is_known_each_vector_has_its_own():
    assert groups(BySource(1), 3) == [[0], [1], [2]]


@pytest.mark.parametrize("buckets", [1, 2, 3])
@pytest.mark.parametrize("liars", range(4))
@pytest.mark.parametrize("f", range(7))
def test_the_bound_on_bad_vectors_is_exact(buckets, liars, f):
    """Liars spoil what is pulled from them, f rows at most: some choice attains the bound."""
    sources = np.array([0, 1, 1, 1, 2, 2, 2, 2])
    stage = BySource(buckets).pulled(sources, liars)
    means = groups(stage, 8)
    worst = 0
    for who in combinations(range(3), liars):
        for count in range(f + 1):
            for bad in combinations(np.flatnonzero(np.isin(sources, who)).tolist(), count):
                worst = max(worst, sum(not set(bad).isdisjoint(mean) for mean in means))
    assert worst == stage.bad_out(8, f)


def test_rows_that_are_not_finite_are_left_out_of_a_plain_call():
    rows = torch.tensor([[1.0], [NAN], [5.0], [8.0]])
    assert BySource(1, np.array([0, 0, 0, 3]))(rows).tolist() == [[3.0], [8.0]]


def test_rows_that_are_not_finite_are_left_out_after_a_stage_that_keeps_rows():
    rows = torch.tensor([[NAN], [1.0], [5.0], [-7.0], [3.0]])
    stages = [Clipping(radius=6.0), BySource(1, np.array([0, 0, 0, 3, 4]))]
    assert combine([rows], Krum(f=0), stages, remember=False).item() == 3.0  # of 3, -6, 3


def test_sources_of_another_number_of_vectors_are_refused():
    with pytest.raises(
        ValueError, match="sources of 3 vectors, but there are 2; give one for each"
    ):
        BySource(1, np.arange(3))(torch.zeros(2, 1))


@pytest.mark.parametrize("buckets", [0, -1, 1.5])
def test_buckets_are_a_whole_number(buckets):
    with pytest.raises(ValueError, match=r"by_source.buckets=.* whole number >= 1; use 1"):
        BySource(buckets)


def test_no_more_buckets_than_rows_of_a_worker():
    stage = BySource(3)
    stage.check_sources(np.array([0, 0, 0, 1]))
    with pytest.raises(ValueError, match=r"buckets=3 must be at most 2, the tasks that are pulled"):
        stage.check_sources(np.array([0, 0, 1, 2]))


# The theorem. Said of a task: 0 the truth, 1 the lie that liars agree on, 2 + slot a lie of
# one's own.


def attacks(teams: np.ndarray, liars: Sequence[int]) -> Iterator[np.ndarray]:
    """said [f, r] of every attack: each liar, on each of its tasks, says or holds back anything."""
    choices = [
        product(*((0, 1, 2 + slot, SILENT) if w in liars else (0,) for slot, w in enumerate(team)))
        for team in teams.tolist()
    ]
    distinct = [{outcome(said): said for said in options}.values() for options in choices]
    return (np.array(said) for said in product(*distinct))


def outcome(said: tuple[int, ...]) -> tuple[int, ...]:
    """The winning class of a task, by slot; () if there is none: all that an attack decides."""
    heard = [word for word in said if word != SILENT]
    for word in set(heard):
        if 2 * heard.count(word) > len(heard):
            return (min(word, 1), *(slot for slot, own in enumerate(said) if own == word))
    return ()


def pulled(teams: np.ndarray, workers: int, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The source of each task that is pulled, and whether it is forged."""
    plan = plan_of(teams, workers)
    sources = Majority().choose(claims_of(plan, said), Verdict(workers))
    kept = sources.kept
    came_from = sources.workers[kept]
    slots = (teams[kept] == came_from[:, None]).argmax(axis=1)
    return came_from, said[kept, slots] != 0


def assignments(workers: int, tasks: int, copies: int) -> list[np.ndarray]:
    """All, up to the order of the tasks."""
    teams = list(combinations(range(workers), copies))
    return [np.array(chosen) for chosen in combinations_with_replacement(teams, tasks)]


ALL_SUBSETS = Subset(3).teams(5)
SMALL = [
    *((teams, 4, 1) for copies in (1, 2, 3) for teams in assignments(4, 3, copies)),
    *((teams, 5, 2) for teams in assignments(5, 2, 3)),
]


def test_no_attack_on_any_assignment_spoils_more_than_the_theorem_says():
    """Of 13824 attacks on all subsets of five every 29th; the others hold as well."""
    worst = {1: 0, 2: 0}
    every = [(*case, said) for case in SMALL for said in attacks(case[0], range(case[2]))]
    every += [
        (ALL_SUBSETS, 5, 2, said) for said in islice(attacks(ALL_SUBSETS, (0, 1)), 0, None, 29)
    ]
    for teams, workers, q, said in every:
        sources, forged = pulled(teams, workers, said)
        for buckets in worst if len(sources) else ():
            stage = BySource(buckets).pulled(sources, q)
            means = groups(stage, len(sources))
            spoilt = [mean for mean in means if forged[mean].any()]
            worst[buckets] = max(worst[buckets], len(spoilt))
            assert len(spoilt) <= stage.bad_out(len(sources), int(forged.sum())) <= buckets * q
            assert all(sources[mean].max() < q for mean in spoilt)
    assert worst == {1: 2, 2: 3}  # of all subsets of five two liars forge three


def test_an_honest_worker_that_wins_enough_tasks_is_a_source():
    """Each shares tasks with four others: whoever wins five, as all do here, has a vector."""
    for said in islice(attacks(ALL_SUBSETS, (0, 1)), 0, None, 13):
        sources, forged = pulled(ALL_SUBSETS, 5, said)
        won = np.array([outcome(tuple(row))[:1] == (0,) for row in said.tolist()])
        assert (np.bincount(ALL_SUBSETS[won].ravel())[2:] >= 5).all()
        assert set(sources[~forged].tolist()) >= {2, 3, 4}


def test_liars_can_leave_honest_workers_without_a_vector_where_these_hold_few_tasks():
    sources, forged = pulled(Repetition(3).teams(9), 9, np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0]]))
    assert (len(np.unique(sources)), forged.tolist()) == (3, [True, False, False])


def test_random_buckets_are_spoilt_where_those_of_sources_are_not():
    """7 of 15 forge two in five of all tasks: 45 buckets by chance are nearly all bad."""
    teams = Subset(3).teams(15)
    liar = np.arange(15) < 7
    said = (liar[teams] & (liar[teams].sum(axis=1) > 1)[:, None]).astype(int)
    sources, forged = pulled(teams, 15, said)
    assert forged.sum() == 203

    def bad(stage):
        matrix = stage.mixing(455, None, np.random.default_rng(0))
        return len(matrix), int((matrix[:, forged] > 0).any(dim=1).sum())

    assert bad(BySource(1, sources)) == (15, 7)
    assert bad(BySource(3, sources)) == (45, 21)
    assert bad(Bucketing(45))[1] >= 44
