"""bench.py prints a figure for every scheme, attack and detector."""

import importlib.util
import re
import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from support import ROOT

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import Claims, Plan, Verdict

SCRIPT = ROOT / "launch" / "bench.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(text: str) -> list[list[str]]:
    """The table's cells."""
    return [re.split(r"\s*│\s*", line.strip("│ \n")) for line in text.splitlines() if "│" in line]


def test_detection_from_the_command_line():
    command = [sys.executable, SCRIPT, "detection", "--workers", "9", "33", "--repeat", "2"]
    done = subprocess.run([*command, "--largest", "9"], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    table = rows(done.stdout)
    assert [row[:5] for row in table] == [
        [*scheme, q, attack]
        for scheme in (["subset", "9", "84"], ["design", "33", "176"])
        for attack, q in (
            ("loud", str(int(scheme[1]) // 4)),
            ("common", str(int(scheme[1]) // 4)),
            ("random", str((int(scheme[1]) - 1) // 2)),
            ("triples", str((int(scheme[1]) - 1) // 2)),
        )
    ]
    for row in table:
        assert all(float(cell) > 0 for cell in row[5:8])
    assert all(float(row[8]) > 0 and row[9].endswith("x") for row in table[:4])
    assert all(row[8:] == ["-", "-"] for row in table[4:])


def test_networkx_is_stopped_at_the_limit(bench, capsys):
    """On a clock that the limit has run out on, after one clique."""
    bench.main(["detection", "--workers", "9", "--repeat", "1", "--limit", "0"])
    assert all(row[8].startswith("> ") for row in rows(capsys.readouterr().out))


def test_networkx_sees_the_same_disagreements(bench, monkeypatch):
    teams, seen = Subset(3).teams(9), []
    monkeypatch.setattr(nx, "find_cliques", lambda graph: iter([seen.append(graph) or [0]]))
    for _, claims, _ in bench.stories(teams):
        assert bench.clique_enumeration()(claims, 9.0)[1]
        different = claims.disagreements | np.eye(9, dtype=bool)
        assert np.array_equal(nx.to_numpy_array(seen[-1]) == 0, different)


def test_a_missing_networkx_is_said_with_the_remedy(bench, monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(SystemExit, match=r"pip install -e \.\[bench\]"):
        bench.main(["detection"])


def test_steps_must_be_positive(bench):
    with pytest.raises(SystemExit, match="--repeat=0"):
        bench.main(["detection", "--repeat", "0"])


def test_the_attacks_are_what_they_say(bench):
    teams = Subset(3).teams(12)
    loud, common, random, triples = bench.stories(teams)
    assert [story[2] for story in (loud, common, random, triples)] == [3, 3, 5, 5]
    assert set(np.flatnonzero(loud[1].disagreements.sum(axis=1) > 3)) == {0, 1, 2}
    pairs = np.argwhere(np.triu(common[1].disagreements)).tolist()
    assert pairs == [[u, v] for u in range(3) for v in range(3, 6)]
    differ = (random[1].classes != random[1].classes[:, :1]).any(axis=1)
    assert differ.sum() == 12 // 3
    assert triples[1].disagreements.sum(axis=1).tolist() == [2] * 9 + [0] * 3


def test_other_sizes_get_another_scheme(bench):
    assert [bench.assign(k)[0] for k in (30, 33, 50)] == ["subset", "design", "mols"]
    assert bench.assign(50)[1].max() + 1 == 51


def test_no_figure_comes_from_a_step_heard_before(bench):
    """Claims remember their disagreements: each timing gets claims of its own."""
    seen = []

    class Spy:
        def inspect(self, hearing):
            assert "disagreements" not in vars(hearing.claims)
            seen.append((hearing.plan.step, hearing.claims.disagreements))
            return Verdict(3, note=note)

    plan = Plan(0, 3, np.zeros((1, 1), int), np.zeros(1, int), np.array([[0, 1, 2]]))
    claims = Claims(plan, np.array([[0, 0, 2]]))
    for note in ("", "cut short"):
        seconds, exact = bench.time_detector(Spy(), claims, 1, 3)
        assert seconds > 0
        assert exact == (not note)
    assert [step for step, _ in seen] == [0, 1, 2] * 2
