"""The catalogue: complete, filled, true to the classes, and in docs/ as it is generated."""

import re

import pytest
from support import ROOT, component, members

from robusttrain.config.fault import kinds
from robusttrain.report import catalogue

STAGES = {"aggregator": "rule", "preaggregator": "stage", "attack": "attack", "fault": "fault"}
SENTENCES = ("what it does", "what it sends", "what happens")
PAGE = ROOT / "docs" / "catalogue.md"


def lines(stage: str) -> dict[str, dict[str, str]]:
    """Name -> its cells by their heads."""
    table: dict[str, dict[str, str]] = {}
    head: list[str] = []
    for line in catalogue.catalogue().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and cells[0] in STAGES.values():
            head = cells
        elif cells and head[0] == STAGES[stage] and cells[0] != "---":
            name, link = re.fullmatch(r"\[`(\w+)`\]\((.+)\)", cells[0]).groups()
            assert link.endswith(f"/{stage}/{name}.py")
            assert (PAGE.parent / link).is_file()
            table[name] = dict(zip(head, cells, strict=True))
    return table


@pytest.mark.parametrize("stage", STAGES)
def test_every_choice_has_a_line_and_every_cell_is_filled(stage):
    table = lines(stage)
    choices = list(kinds()) if stage == "fault" else [path.stem for path in members(stage)]
    assert list(table) == choices
    for name, cells in table.items():
        assert all(cells.values()), name


@pytest.mark.parametrize("stage", ["preaggregator", "attack", "fault"])
def test_what_is_said_of_it_is_a_whole_sentence(stage):
    for name, cells in lines(stage).items():
        (said,) = (cells[head] for head in SENTENCES if head in cells)
        assert said.endswith("."), f"{name}: the docstring's first line must be a sentence"


def test_the_page_holds_what_is_generated():
    assert PAGE.read_text() == catalogue.catalogue() + "\n", "python launch/catalogue.py --write"


def test_writing_replaces_the_page(tmp_path):
    page = tmp_path / "docs" / "catalogue.md"
    for _ in range(2):
        catalogue.write(page)
        assert page.read_text() == catalogue.catalogue() + "\n"
        page.write_text("old")


def test_passes_follow_from_how_a_rule_works():
    shown = {name: cells["passes"] for name, cells in lines("aggregator").items()}
    expected = {"median": "1", "krum": "2", "bulyan": "2", "sign_guard": "3", "fools_gold": "3"}
    assert {name: shown[name] for name in expected} == expected

    class Declared(catalogue.Rule):
        kind = "gram"
        passes = 4

    assert catalogue.passes(Declared) == "4"


def test_the_cells_are_those_that_the_classes_act_on():
    rules, attacks = lines("aggregator"), lines("attack")
    for path in (p for p in members("attack") if p.stem in ("alie", "mimic", "rop", "zero")):
        assert attacks[path.stem]["knowledge"] == component(path).needs
        assert int(attacks[path.stem]["tasks"]) == component(path).needs_known
    assert rules["krum"]["needs"] == "n >= 2f+3"
    assert rules["mean"]["breakdown"] == "0"
    assert attacks["mimic"]["knowledge"] == "omniscient"
    assert "max_i \\|row - g_i\\|" in attacks["min_max"]["what it sends"]
