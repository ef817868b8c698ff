"""Bit sets, components, and the linear programming bound against SciPy's solver."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from robusttrain.combinatorics.matching import (
    Relaxation,
    bits,
    components,
    independent,
    neighbourhoods,
)

seeds = st.integers(0, 10_000)


def random_graph(seed: int, vertices: int, density: float) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).random((vertices, vertices)) < density, 1)
    return upper | upper.T


def least(graph: np.ndarray) -> float:
    """min Σ x with x_u + x_v >= 1 on every edge."""
    edges = np.argwhere(np.triu(graph))
    if not len(edges):
        return 0.0
    rows = np.zeros((len(edges), len(graph)))
    rows[np.arange(len(edges))[:, None], edges] = -1
    return float(linprog(np.ones(len(graph)), rows, -np.ones(len(edges)), bounds=(0, 1)).fun)


@given(st.sets(st.integers(0, 200)))
def test_bits_are_the_members_ascending(members):
    assert bits(sum(1 << v for v in members)) == sorted(members)


@given(seeds, st.integers(1, 70))
def test_neighbourhoods_are_the_rows(seed, vertices):
    graph = random_graph(seed, vertices, 0.2)
    assert [bits(row) for row in neighbourhoods(graph)] == [
        np.flatnonzero(row).tolist() for row in graph
    ]


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 25), st.sampled_from([0.03, 0.08, 0.15]))
def test_components_and_their_two_colours(seed, vertices, density):
    graph = random_graph(seed, vertices, density)
    neighbours, alive = neighbourhoods(graph), np.random.default_rng(seed).random(vertices) < 0.8
    induced = nx.from_numpy_array(graph).subgraph(np.flatnonzero(alive).tolist())
    parts = list(components(neighbours, sum(1 << int(v) for v in np.flatnonzero(alive))))
    expected = [sorted(c) for c in nx.connected_components(induced) if len(c) > 1]
    assert [bits(part) for part, _ in parts] == sorted(expected)
    for part, even in parts:
        two_colours = independent(neighbours, even) and independent(neighbours, part & ~even)
        assert two_colours == nx.is_bipartite(induced.subgraph(bits(part)))


@settings(max_examples=80, deadline=None)
@given(seeds, st.integers(1, 25), st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_the_relaxation_is_a_solution_and_optimal(seed, vertices, density):
    """Also when it starts from the partners of another question."""
    graph = random_graph(seed, vertices, density)
    rng, relaxation = np.random.default_rng(seed), Relaxation(neighbourhoods(graph))
    for _ in range(4):
        kept = rng.random(vertices) < 0.85
        alive = sum(1 << int(v) for v in np.flatnonzero(kept))
        induced = graph & kept & kept[:, None]
        left, right = relaxation.solve(alive, vertices)
        x = np.array([(left >> v & 1) + (right >> v & 1) for v in range(vertices)]) / 2
        assert not x[~kept].any()
        assert all(x[u] + x[v] >= 1 for u, v in np.argwhere(induced))
        assert x.sum() == pytest.approx(least(induced))


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from([0.1, 0.3]))
def test_no_solution_above_what_is_allowed(seed, density):
    graph = random_graph(seed, 15, density)
    bound, neighbours = least(graph), neighbourhoods(graph)
    for most in range(15):
        relaxed = Relaxation(neighbours).solve((1 << 15) - 1, most)
        assert (relaxed is None) == (bound > most + 1e-6)
