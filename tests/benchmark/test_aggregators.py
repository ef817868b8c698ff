"""Times of rules: figures that hang together, for ours and for peers where they are installed."""

import importlib.machinery
import sys
import types

import pytest
import torch

from robusttrain.benchmark import aggregators, measure
from robusttrain.benchmark.aggregators import Setting, aggregator_tables, figures_of
from robusttrain.benchmark.peers import Comparison, names

QUICK = Setting(device="cpu", repeat=1, threads=1, limit=60.0, clock="wall")


@pytest.fixture(autouse=True)
def threads():
    """Timing sets the threads of torch."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def rows(n: int, size: int, rules: list[str], setting: Setting = QUICK) -> dict[tuple, list[str]]:
    """(rule, by) -> the other cells."""
    ((table, _),) = aggregator_tables([n], [size], rules, setting)
    cells = zip(*(column.cells for column in table.columns), strict=True)
    return {(rule, by): figures for rule, by, *figures in cells}


def test_every_rule_has_a_row_of_figures_that_hang_together():
    table = {rule: f for (rule, by), f in rows(8, 20_000, names()).items() if by == "ours"}
    assert list(table) == names()
    for figures in table.values():
        milliseconds, passes, rate = map(float, figures[:3])
        assert passes > 0
        assert rate == pytest.approx(8 * 2e4 * 4 / milliseconds / 1e6, rel=0.03)
        assert float(figures[4]) < 1e-4


def test_peers_are_timed_and_compared_where_they_are_installed(monkeypatch):
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
    table = rows(9, 3000, ["median", "clipping"])
    assert table["median", "byzfl"][4] == "1e-02"
    assert float(table["clipping", "byzfl"][4]) < 1e-5
    assert table["median", "byzfl"][5].endswith("x")


def test_a_peer_that_would_take_too_long_is_not_run(monkeypatch):
    slow = Comparison("median", lambda v: v[0], {"byzfl": lambda: lambda v: v[0]})
    monkeypatch.setattr(aggregators, "comparison", lambda *_: slow)
    table = rows(3, 10, ["median"], Setting("cpu", 1, 1, 1e-9, "wall"))
    assert table["median", "byzfl"][:2] == ["> 1e-06", "-"]
    assert float(table["median", "ours"][0]) > 0


def test_a_rule_that_is_not_defined_has_a_reason_and_no_figures():
    ((table, refused),) = aggregator_tables([2], [10], ["krum"], QUICK)
    assert [list(column.cells) for column in table.columns][2:] == [["-"]] * 6
    assert refused[0].startswith("krum: krum needs n >= 2f+3")


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
    vectors = torch.ones(4, 5)
    timed = vectors.as_subclass(Vectors)
    figures = figures_of(lambda: rule, timed, vectors, vectors[0].double(), False, QUICK)
    assert (figures.seconds, figures.passes, figures.error) == (6.0, 3.0, 0.0)


def test_what_is_not_installed_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(aggregators, "find_spec", lambda name: None)
    first, second = aggregators.missing_libraries()
    assert first == "byzfl is not installed: pip install -e .[bench]"
    assert second.startswith("byzpy is not installed: pip install --no-deps byzpy")


@pytest.mark.parametrize("key", ["repeat", "threads", "limit"])
def test_numbers_must_be_positive(key):
    values = {"device": "cpu", "repeat": 1, "threads": 1, "limit": 1.0, "clock": "wall"}
    with pytest.raises(ValueError, match=f"{key}=0 must be > 0"):
        Setting(**values | {key: 0})
