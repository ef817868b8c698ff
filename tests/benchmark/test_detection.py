"""Times of detectors: the cases are what they say, and no figure comes from a step seen before."""

import networkx as nx
import numpy as np
import pytest

from robusttrain.benchmark import detection
from robusttrain.benchmark.detection import Case, assign, cases, clique_enumeration, time_detector
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import Claims, Plan, Verdict


def columns(table) -> list[list[str]]:
    return [list(column.cells) for column in table.columns]


def test_every_scheme_and_attack_has_a_row_of_figures():
    scheme, size, tasks, q, attack, *figures, networkx, ratio = columns(
        detection.detection_table([9, 33], repeat=1, largest=9)
    )
    assert list(zip(scheme, size, tasks, strict=True)) == (
        [("subset", "9", "84")] * 4 + [("design", "33", "176")] * 4
    )
    assert q == ["2", "2", "4", "4", "8", "8", "16", "16"]
    assert attack == ["overt", "common", "random", "triples"] * 2
    assert all(float(cell) > 0 for column in figures for cell in column)
    assert all(float(cell) > 0 for cell in networkx[:4])
    assert all(cell.endswith("x") for cell in ratio[:4])
    assert networkx[4:] == ratio[4:] == ["-"] * 4


def test_networkx_is_stopped_at_the_limit():
    """After one clique, where no time is left at all."""
    table = detection.detection_table([9], repeat=1, limit=0)
    assert all(cell.startswith("> ") for cell in columns(table)[-2])


def test_networkx_sees_the_same_disagreements(monkeypatch):
    seen = []
    monkeypatch.setattr(nx, "find_cliques", lambda graph: iter([seen.append(graph) or [0]]))
    for case in cases(Subset(3).teams(9)):
        assert clique_enumeration()(case.claims, 9.0)[1]
        different = case.claims.disagreements | np.eye(9, dtype=bool)
        assert np.array_equal(nx.to_numpy_array(seen[-1]) == 0, different)


def test_cases_are_as_described():
    overt, common, random, triples = cases(Subset(3).teams(12))
    assert [case.byzantine for case in (overt, common, random, triples)] == [3, 3, 5, 5]
    assert set(np.flatnonzero(overt.claims.disagreements.sum(axis=1) > 3)) == {0, 1, 2}
    pairs = np.argwhere(np.triu(common.claims.disagreements)).tolist()
    assert pairs == [[u, v] for u in range(3) for v in range(3, 6)]
    differ = (random.claims.classes != random.claims.classes[:, :1]).any(axis=1)
    assert differ.sum() == 12 // 3
    assert triples.claims.disagreements.sum(axis=1).tolist() == [2] * 9 + [0] * 3


def test_other_sizes_get_another_scheme():
    assert [assign(k)[0] for k in (30, 33, 50)] == ["subset", "design", "mols"]
    assert assign(50)[1].max() + 1 == 51


@pytest.mark.parametrize("note", ["", "cut short"])
def test_each_step_gets_claims_of_its_own(note):
    """Claims remember their disagreements."""
    seen = []

    class Spy:
        def inspect(self, hearing):
            assert "disagreements" not in vars(hearing.claims)
            seen.append((hearing.plan.step, hearing.claims.disagreements))
            return Verdict(3, note=note)

    plan = Plan(0, 3, np.zeros((1, 1), int), np.zeros(1, int), np.array([[0, 1, 2]]))
    case = Case("one", Claims(plan, np.array([[0, 0, 2]])), 1)
    seconds, exact = time_detector(Spy(), case, 3)
    assert seconds > 0
    assert exact == (not note)
    assert [step for step, _ in seen] == [0, 1, 2]
