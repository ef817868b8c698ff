"""bench.py prints a figure for every scheme, attack and detector, and for every rule."""

import argparse
import importlib.machinery
import importlib.util
import re
import subprocess
import sys
import types

import networkx as nx
import numpy as np
import pytest
import torch
from support import ROOT

from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import Claims, Plan, Verdict

sys.path.insert(0, str(ROOT / "launch"))
from benches import aggregators, measure, peers

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
            ("overt", str(int(scheme[1]) // 4)),
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


def test_aggregators_from_the_command_line():
    """Every rule has a row of figures that hang together."""
    options = ["-n", "8", "-d", "2e4", "--repeat", "1", "--threads", "1"]
    command = [sys.executable, SCRIPT, "aggregators", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    table = [row for row in rows(done.stdout) if row[1] == "ours"]
    assert [row[0] for row in table] == aggregators.names()
    assert {"median", "krum", "nnm"} <= {row[0] for row in table}
    for row in table:
        milliseconds, passes, rate = map(float, row[2:5])
        assert passes > 0
        assert rate == pytest.approx(8 * 2e4 * 4 / milliseconds / 1e6, rel=0.03)
        assert float(row[6]) < 1e-4
    for library in peers.LIBRARIES:
        missing = f"{library} is not installed: {aggregators.INSTALL[library]}"
        assert (missing in done.stdout) == (importlib.util.find_spec(library) is None)


def test_peers_are_timed_and_compared_where_they_are_installed(bench, monkeypatch, capsys):
    """A stand-in for byzfl, whose median is off by 1 % and whose clipping writes into its input."""

    class Median:
        def __call__(self, vectors):
            return 1.01 * vectors.median(dim=0).values

    class Clipping:
        def __init__(self, radius):
            self.radius = radius

        def __call__(self, vectors):
            assert vectors.norm(dim=1).min() > self.radius  # nobody has clipped it before
            return vectors.mul_(self.radius / vectors.norm(dim=1, keepdim=True))

    stand_in = types.ModuleType("byzfl")
    stand_in.__spec__ = importlib.machinery.ModuleSpec("byzfl", None)
    stand_in.Median, stand_in.Clipping = Median, Clipping
    monkeypatch.setitem(sys.modules, "byzfl", stand_in)
    bench.main(["aggregators", "-n", "9", "-d", "3000", "--rules", "median", "clipping"])
    table = {tuple(row[:2]): row for row in rows(capsys.readouterr().out)}
    assert table["median", "byzfl"][6] == "1e-02"
    assert float(table["clipping", "byzfl"][6]) < 1e-5
    assert table["median", "byzfl"][7].endswith("x")


def test_a_peer_that_would_take_too_long_is_left_out(bench, monkeypatch, capsys):
    slow = peers.Contestant("median", lambda v: v[0], {"byzfl": lambda: lambda v: v[0]})
    monkeypatch.setattr(aggregators, "contestant", lambda *_: slow)
    bench.main(["aggregators", "-n", "3", "-d", "10", "--rules", "median", "--limit", "1e-9"])
    ours, theirs = rows(capsys.readouterr().out)
    assert theirs[:4] == ["median", "byzfl", "> 1e-06", "-"]
    assert float(ours[2]) > 0


def test_extra_memory_is_what_was_held_at_once():
    size = 10_000_000

    def run():
        torch.ones(size).mul_(2)  # freed before the next
        return torch.ones(2 * size)

    assert measure.extra_bytes(run, "cpu") == pytest.approx(8 * size, rel=0.2)


def test_passes_are_times_over_those_of_the_mean(monkeypatch):
    """On a clock that only the two calls move: 2 s for the mean, 6 s for the rule."""
    now = [0.0]

    class Vectors(torch.Tensor):
        def mean(self, dim):
            now[0] += 2.0

    def rule(vectors):
        now[0] += 6.0
        return vectors[0]

    monkeypatch.setattr(measure.time, "perf_counter", lambda: now[0])
    options = argparse.Namespace(device="cpu", repeat=3, clock="wall")
    vectors = torch.ones(4, 5)
    figures = aggregators.figures_of(
        lambda: rule, vectors.as_subclass(Vectors), vectors, vectors[0].double(), False, options
    )
    assert (figures.seconds, figures.passes, figures.error) == (6.0, 3.0, 0.0)


@pytest.mark.parametrize("rule", peers.names())
@pytest.mark.parametrize("n", [8, 15, 25, 51])
def test_every_rule_takes_every_number_of_vectors_of_the_table(rule, n):
    found = peers.contestant(rule, n, 100)
    assert found.ours(torch.randn(n, 100)).shape[-1] == 100


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--repeat", "0"], "--repeat=0"),
        (["--rules", "medain"], "no rule medain; there are .*median"),
        (["-d", "0"], "must be >= 1"),
        (["--threads", "0"], "--threads=0"),
    ],
)
def test_wrong_options_are_refused_with_the_remedy(bench, wrong, message):
    with pytest.raises(SystemExit, match=message):
        bench.main(["aggregators", *wrong])
