"""The tables say what was measured."""

import io

from rich.console import Console

from robusttrain.study.survival.kills import Cost, Kill
from robusttrain.study.survival.ranks import Survived
from robusttrain.study.survival.server import Restarted
from robusttrain.study.survival.settings import SERVERS
from robusttrain.study.survival.stopped import Stopped
from robusttrain.study.survival.table import both, ranks_table, server_table, stopped_table


def printed(table) -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return console.file.getvalue().splitlines()


def cells(table, first: str) -> list[str]:
    (line,) = [line for line in printed(table) if line.startswith(f"│ {first} ")]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_row_for_each_phase_with_the_median_and_the_worst():
    def cost(phase, silent, back):
        return Cost(Kill(1, phase, 1, [0]), silent, 0.25, back, 1.5)

    costs = [cost("pull", 2, 2), cost("rows", 3, None), cost("pull", 4, 5)]
    table = ranks_table("digests", Survived(costs, 3, True, 9, 0.5, 0.505, [], 0, 0.1))
    assert cells(table, "pull") == ["pull", "2", "3, 4", "0.25, 0.25", "3.5, 5", "1.5, 1.5"]
    assert cells(table, "rows")[4] == "(1 never)"
    assert cells(table, "all")[:2] == ["all", "3"]
    assert cells(table, "accuracy; without kills")[1] == "0.5000; 0.5050"


def test_a_row_for_each_run_with_a_stopped_rank():
    table = stopped_table({"probes": Stopped(1.25, 7, 2, 0.5, True, [], 0, 0.1)})
    assert cells(table, "probes") == [
        "probes", "0.100", "1.25", "7", "2", "0.50", "yes", "0", "0",
    ]  # fmt: skip


def test_a_run_that_is_not_as_if_undisturbed_says_where():
    equal = Restarted(20, 4, 50, True, True, "", 4.0, 0)
    other = Restarted(20, 4, 50, False, False, "step 3: silent", 4.0, 0)
    table = server_table({SERVERS[0]: equal, SERVERS[2]: other}, 120)
    assert cells(table, SERVERS[0].name)[5:] == ["equal", "equal", "0"]
    assert cells(table, SERVERS[2].name)[5:] == ["differ", "step 3: silent", "0"]


def test_both_are_the_median_and_the_most():
    assert both([1, 5], ".1f") == "3.0, 5.0"
