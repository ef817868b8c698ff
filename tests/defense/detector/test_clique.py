"""Clique against the paper's rule written with networkx, and the holes of the published code."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robusttrain.defense.detector.clique import Clique
from robusttrain.defense.detector.cover import Cover
from robusttrain.threat.target.all import All
from robusttrain.threat.target.disagreement import Disagreement

CLIQUE, COVER = Clique(ledger=False), Cover(ledger=False)


def subsets(workers: int, replication: int = 3) -> np.ndarray:
    return np.array(list(combinations(range(workers), replication)))


def agreement(teams: np.ndarray, said: np.ndarray, common: int | None = None) -> nx.Graph:
    """Edge iff two speakers never differed; or, as published, agreed on all `common` tasks."""
    agreed, differed = nx.Graph(), set()
    agreed.add_nodes_from(np.unique(teams[said >= 0]).tolist())
    counts: dict[tuple[int, int], int] = {}
    for team, words in zip(teams.tolist(), said.tolist(), strict=True):
        for (u, a), (v, b) in combinations(zip(team, words, strict=True), 2):
            if a >= 0 and b >= 0:
                counts[u, v] = counts.get((u, v), 0) + (a == b)
                differed |= {(u, v)} if a != b else set()
    for pair in combinations(sorted(agreed), 2):
        if pair not in differed if common is None else counts.get(pair, 0) == common:
            agreed.add_edge(*pair)
    return agreed


def published(agreed: nx.Graph, size: int | None = None) -> set[int]:
    """Outside the unique maximum clique, if it has `size` workers (None, as released: any)."""
    cliques = sorted(nx.find_cliques(agreed), key=len)
    if not cliques or (len(cliques) > 1 and len(cliques[-2]) == len(cliques[-1])):
        return set()
    return set() if size not in (None, len(cliques[-1])) else set(agreed) - set(cliques[-1])


@st.composite
def claims(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Few lies, so that cliques of the size asked for do occur."""
    workers = draw(st.sampled_from([5, 6, 7]))
    teams = subsets(workers)
    lies = draw(arrays(np.int64, teams.shape, elements=st.integers(0, 2), fill=st.just(1)))
    liars = draw(st.sets(st.integers(0, workers - 1), max_size=4))
    mute = draw(st.sets(st.integers(0, workers - 1), max_size=2))
    said = np.where(np.isin(teams, list(liars)), lies, 0)
    return teams, np.where(np.isin(teams, list(mute)), -1, said), workers


@settings(max_examples=200, deadline=None)
@given(claims(), st.integers(0, 3))
def test_equals_the_unique_maximum_clique_of_the_right_size(hear, heard, byzantine):
    teams, said, workers = heard
    hearing = hear(teams, said, byzantine, workers)
    verdict = CLIQUE.inspect(hearing)
    speakers = int(hearing.claims.speakers.sum())
    assert set(verdict.convicted) == published(agreement(teams, said), speakers - byzantine)
    assert set(verdict.absent) == set(range(workers)) - set(np.unique(teams[said >= 0]))


@settings(max_examples=100, deadline=None)
@given(claims(), st.integers(0, 3))
def test_convicts_all_that_cover_convicts_or_nobody(hear, heard, byzantine):
    teams, said, workers = heard
    hearing = hear(teams, said, byzantine, workers)
    clique, cover = CLIQUE.inspect(hearing), COVER.inspect(hearing)
    certain = len(cover.convicted) == byzantine
    assert set(clique.convicted) == (set(cover.convicted) if certain else set())
    assert clique.overwhelmed == cover.overwhelmed


@pytest.mark.parametrize("byzantine", [5, 7])
def test_the_hole_of_the_published_code_is_closed(byzantine, hear, forge):
    """Liars who differ from q-1 honest workers only leave those outside the largest clique."""
    teams = subsets(15)
    said = forge(teams, range(byzantine), Disagreement(byzantine - 1))
    framed = set(range(byzantine, 2 * byzantine - 1))
    assert published(agreement(teams, said)) == framed
    for detector in (CLIQUE, COVER):
        assert not detector.inspect(hear(teams, said, byzantine)).convicted


@pytest.mark.parametrize("byzantine", [3, 5])
def test_overt_liars_are_convicted_with_the_reason(byzantine, hear, forge):
    teams = subsets(15)
    verdict = CLIQUE.inspect(hear(teams, forge(teams, range(byzantine), All()), byzantine))
    reason = "outside the unique maximum clique"
    assert verdict.convicted == dict.fromkeys(range(byzantine), reason)


def test_fewer_liars_than_declared_go_free(hear, forge):
    """What the size check costs, and what `cover` mends."""
    teams = subsets(15)
    said = forge(teams, range(3), All())
    assert published(agreement(teams, said), 15 - 5) == set()
    assert not CLIQUE.inspect(hear(teams, said, 5)).convicted
    assert set(COVER.inspect(hear(teams, said, 5)).convicted) == {0, 1, 2}


def test_more_overt_liars_than_declared_overwhelm(hear, forge):
    """The published code finds three where two were declared, and ends on an assertion."""
    teams = subsets(15)
    said = forge(teams, range(3), All())
    assert len(published(agreement(teams, said))) > 2
    verdict = CLIQUE.inspect(hear(teams, said, 2))
    assert verdict.overwhelmed
    assert not verdict.convicted


MOLS = np.array([[i, 5 + (i + j) % 5, 10 + (2 * i + j) % 5] for i in range(5) for j in range(5)])
CYCLIC = np.sort([[i, (i + 1) % 15, (i + 2) % 15] for i in range(15)], axis=1)
REPEATED = np.arange(15).reshape(5, 3)


@pytest.mark.parametrize("teams", [MOLS, CYCLIC, REPEATED], ids=["mols", "cyclic", "repetition"])
def test_workers_that_share_no_task_do_not_disagree(teams, hear, forge):
    """Counting common agreements, as published, no honest majority forms a clique at all."""
    said = forge(teams, [0, 1], All())
    counted = agreement(teams, said, common=1)
    honest = counted.subgraph(range(2, 15))
    assert honest.number_of_edges() < 13 * 12 // 2
    assert published(counted) != {0, 1}
    seen = agreement(teams, said)
    assert seen.subgraph(range(2, 15)).number_of_edges() == 13 * 12 // 2
    found = CLIQUE.inspect(hear(teams, said, 2)).convicted
    assert set(found) == published(seen, 13)
    assert set(found) <= {0, 1}
