"""Vertex covers against brute force over all vertex subsets, and on graphs solved by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.core.graph import in_every_cover


def brute(graph: np.ndarray, budget: int) -> list[int] | None:
    subsets = np.array(list(product([False, True], repeat=len(graph))))
    covers = [s for s in subsets if s.sum() <= budget and not graph[~s][:, ~s].any()]
    return np.flatnonzero(np.all(covers, axis=0)).tolist() if covers else None


def graph_of(vertices: int, edges: list[tuple[int, int]]) -> np.ndarray:
    graph = np.zeros((vertices, vertices), dtype=bool)
    for u, v in edges:
        graph[u, v] = graph[v, u] = True
    return graph


@st.composite
def graphs(draw: st.DrawFn) -> np.ndarray:
    k = draw(st.integers(1, 8))
    pairs = [(u, v) for u in range(k) for v in range(u)]
    return graph_of(k, draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [])


@pytest.mark.parametrize("vertices", [1, 2, 3, 4])
def test_every_small_graph_and_budget_matches_brute_force(vertices):
    pairs = [(u, v) for u in range(vertices) for v in range(u)]
    for chosen in product([False, True], repeat=len(pairs)):
        graph = graph_of(vertices, [pair for pair, kept in zip(pairs, chosen, strict=True) if kept])
        for budget in range(vertices + 2):
            assert in_every_cover(graph, budget) == brute(graph, budget)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_random_graphs_and_all_budgets_match_brute_force(graph):
    for budget in range(len(graph) + 1):
        assert in_every_cover(graph, budget) == brute(graph, budget)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.integers(0, 8))
def test_a_vertex_with_more_neighbours_than_the_budget_is_in_every_cover(graph, budget):
    found = in_every_cover(graph, budget)
    if found is not None:
        assert set(np.flatnonzero(graph.sum(axis=1) > budget)) <= set(found)


@pytest.mark.parametrize(
    ("vertices", "edges", "budget", "expected"),
    [
        (4, [], 0, []),  # the empty set covers no edges
        (2, [(0, 1)], 0, None),  # an edge and nothing to spend
        (2, [(0, 1)], 1, []),  # either end will do
        (3, [(0, 1), (1, 2)], 1, [1]),  # only the middle covers both edges
        (3, [(0, 1), (1, 2)], 2, []),  # the two ends do as well
        (3, [(0, 1), (1, 2), (0, 2)], 1, None),  # a triangle takes two
        (3, [(0, 1), (1, 2), (0, 2)], 2, []),  # any two of the three
        (5, [(0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)], 2, [0, 1]),  # K(2,3)
        (4, [(0, 2), (0, 3), (1, 2), (1, 3)], 2, []),  # K(2,2): either side
        (6, [(0, 1), (0, 2), (0, 3), (4, 5)], 2, [0]),  # the star's centre, and 4 or 5
    ],
)
def test_by_hand(vertices, edges, budget, expected):
    assert in_every_cover(graph_of(vertices, edges), budget) == expected


def test_largest_graphs_in_use_are_quick():
    """K = 31, q = 15: a matching leaves 2^15 covers, a complete bipartite graph two."""
    matching = graph_of(31, [(2 * i, 2 * i + 1) for i in range(15)])
    sides = graph_of(31, [(u, v) for u in range(15) for v in range(15, 31)])
    assert in_every_cover(matching, 15) == []
    assert in_every_cover(matching, 14) is None
    assert in_every_cover(sides, 15) == list(range(15))
    assert in_every_cover(sides, 16) == []
