"""Vertex covers against brute force over all vertex subsets, and on graphs solved by hand."""

from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.combinatorics.vertex_cover import Forced, forced, in_every_cover


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
    convicted = in_every_cover(graph, budget)
    if convicted is not None:
        assert set(np.flatnonzero(graph.sum(axis=1) > budget)) <= set(convicted)


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


def random_graph(seed: int, vertices: int, density: float) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).random((vertices, vertices)) < density, 1)
    return upper | upper.T


def outside_all_cliques(graph: np.ndarray, budget: int) -> list[int] | None:
    """A cover of size <= q is what a clique of size >= K - q of the complement leaves over."""
    cliques = list(nx.find_cliques(nx.from_numpy_array(~graph)))
    large = [clique for clique in cliques if len(clique) >= len(graph) - budget]
    everyone = range(len(graph))
    return sorted(set(everyone).difference(*large)) if large else None


@pytest.mark.parametrize("density", [0.05, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("vertices", [15, 22])
def test_graphs_of_the_usual_size_match_the_cliques_of_the_complement(vertices, density):
    for seed in range(12):
        graph = random_graph(seed, vertices, density)
        for budget in range(vertices // 4, vertices, 2):
            assert in_every_cover(graph, budget) == outside_all_cliques(graph, budget)


@pytest.mark.parametrize("vertices", [30, 45])
def test_colluders_match_the_cliques_of_the_complement(vertices):
    """Liars differ from honest workers only: a bipartite graph, sparse enough to need a search."""
    for seed in range(15):
        rng, liars = np.random.default_rng(seed), vertices // 4
        graph = np.zeros((vertices, vertices), dtype=bool)
        graph[:liars, liars:] = rng.random((liars, vertices - liars)) < rng.choice([0.05, 0.1, 0.2])
        graph |= graph.T
        for budget in (liars - 2, liars, liars + 1):
            assert in_every_cover(graph, budget) == outside_all_cliques(graph, budget)


def test_largest_bipartite_graphs_by_hand():
    """K = 31, q = 15: a matching leaves 2^15 covers, a complete bipartite graph two."""
    matching = graph_of(31, [(2 * i, 2 * i + 1) for i in range(15)])
    sides = graph_of(31, [(u, v) for u in range(15) for v in range(15, 31)])
    assert in_every_cover(matching, 15) == []
    assert in_every_cover(matching, 14) is None
    assert in_every_cover(sides, 15) == list(range(15))
    assert in_every_cover(sides, 16) == []


def triangles(n: int) -> np.ndarray:
    """The graph whose complement has the most maximal cliques, 3^n (Moon and Moser, 1965)."""
    return np.kron(np.eye(n), 1 - np.eye(3)).astype(bool)


@pytest.mark.parametrize("n", [1, 5, 33])
def test_triangles_take_two_vertices_each(n):
    assert in_every_cover(triangles(n), 2 * n - 1) is None
    assert in_every_cover(triangles(n), 2 * n) == []
    hub = np.pad(triangles(n), (1, 0))
    hub[0, 1::3] = hub[1::3, 0] = True
    assert in_every_cover(hub, 2 * n - 1) is None
    assert in_every_cover(hub, 2 * n) == list(range(1, 3 * n + 1, 3))
    assert in_every_cover(hub, 2 * n + 1) == []


@pytest.mark.parametrize(("vertices", "liars"), [(333, 80), (999, 100)])
def test_a_thousand_workers_are_judged_within_the_default_effort(vertices, liars):
    """Few enough disagreements that nobody has more than q."""
    rng = np.random.default_rng(0)
    graph = np.zeros((vertices, vertices), dtype=bool)
    graph[:liars, liars:] = rng.random((liars, vertices - liars)) < 0.5 * liars / vertices
    graph |= graph.T
    assert graph.sum(axis=1).max() < liars
    assert forced(graph, liars) == Forced(list(range(liars)))
    assert forced(graph, liars - 1) == Forced([], feasible=False)


def test_who_must_have_lied_does_not_depend_on_names():
    graph = random_graph(3, 40, 0.12)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(40)
        for budget in (20, 24, 26):
            original, renamed = forced(graph, budget), forced(graph[np.ix_(order, order)], budget)
            assert sorted(order[renamed.workers].tolist()) == original.workers
            assert original.exact


@pytest.mark.parametrize("effort", [0, 1, 10, 30, 100, 300, 1000])
def test_a_search_cut_short_convicts_too_few_never_others(effort):
    """At every effort: all of degree > q, none that is not in every cover; twice the same."""
    for seed in range(40):
        graph = random_graph(seed, 24, 0.12)
        for budget in (10, 12, 14):
            full, cut = forced(graph, budget), forced(graph, budget, effort)
            assert cut == forced(graph, budget, effort)
            assert full.exact
            if cut.exact:
                assert cut == full
            elif full.feasible:
                by_degree = set(np.flatnonzero(graph.sum(axis=1) > budget))
                assert cut.feasible
                assert by_degree <= set(cut.workers) <= set(full.workers)


def test_a_hard_graph_is_given_up():
    graph = nx.to_numpy_array(nx.random_regular_graph(4, 300, seed=1)) > 0
    hub = np.pad(graph, (0, 250))
    hub[0, 1:] = hub[1:, 0] = True
    outcome = forced(hub, 171, effort=20_000)
    assert outcome == Forced([0], feasible=True, exact=False)


def test_covers_deeper_than_pythons_stack_are_given_up():
    """Pentagons joined in a ring: odd, connected, and one choice after another."""
    n = 170
    ring = nx.disjoint_union_all([nx.cycle_graph(5)] * n)
    ring.add_edges_from((5 * i, (5 * i + 7) % (5 * n)) for i in range(n))
    outcome = forced(nx.to_numpy_array(ring) > 0, 4 * n, effort=10**9)
    assert not outcome.exact
