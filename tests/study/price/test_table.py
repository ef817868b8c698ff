"""The price table as text, from made-up measurements."""

from dataclasses import replace

from price_parts import PASSES, made_up
from rich.console import Console

from robusttrain.study.price.prices import prices
from robusttrain.study.price.table import link_note, phase_table, price_table

MADE = prices(made_up(), PASSES)


def lines_of(table) -> list[str]:
    console = Console(width=250, color_system=None)
    with console.capture() as shown:
        console.print(table)
    return shown.get().splitlines()


def test_a_row_has_its_price_and_the_passes_that_explain_it():
    (line,) = [line for line in lines_of(price_table(MADE, "made up", 2)) if "probe:1" in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[:2] == ["probe:1", "2"]
    assert cells[4:6] == ["2.50", "1.00"]
    # plain takes 11 s for one pass, so two passes on two ranks take 11.
    assert cells[6] == "11"
    assert cells[8] == "2"


def test_phases_are_shown_for_the_server_and_the_busiest_rank():
    lines = [line for line in lines_of(phase_table(MADE)) if "probe:1" in line]
    assert ["server" in line for line in lines] == [True, False]
    assert "rank 2" in lines[1]
    assert "500" in lines[1]  # ms of recomputing


def test_the_link_is_set_beside_what_ddp_computes():
    ddp = next(price for price in MADE if price.name == "ddp")
    sent = {"sent": {"pull": 8e6}, "worker": {"pull": ddp.computing / 40}}
    made = [ddp, replace(ddp, name="unprobed", **sent)]
    assert link_note(made, 2).endswith("computes 20 times as long.")
    assert "8 MB" in link_note(made, 2)
    assert link_note([ddp], 2) == ""
