"""The catalogue: complete, filled, true to the classes, and in the README as it is generated."""

import importlib.util
import re
import sys

import pytest
from support import ROOT, component, members

SPEC = importlib.util.spec_from_file_location("catalogue", ROOT / "launch" / "catalogue.py")
catalogue = importlib.util.module_from_spec(SPEC)
sys.modules["catalogue"] = catalogue
SPEC.loader.exec_module(catalogue)

STAGES = {"aggregator": "rule", "preaggregator": "stage", "attack": "attack"}
README = ROOT / "README.md"


def lines(stage: str) -> dict[str, dict[str, str]]:
    """Name -> its cells by their heads."""
    found: dict[str, dict[str, str]] = {}
    head: list[str] = []
    for line in catalogue.catalogue().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and cells[0] in STAGES.values():
            head = cells
        elif cells and head[0] == STAGES[stage] and cells[0] != "---":
            name, link = re.fullmatch(r"\[`(\w+)`\]\((.+)\)", cells[0]).groups()
            assert link.endswith(f"/{stage}/{name}.py")
            assert (ROOT / link).is_file()
            found[name] = dict(zip(head, cells, strict=True))
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_every_choice_has_a_line_and_every_cell_is_filled(stage):
    found = lines(stage)
    assert list(found) == [path.stem for path in members(stage)]
    for name, cells in found.items():
        assert all(cells.values()), name


@pytest.mark.parametrize("stage", ["preaggregator", "attack"])
def test_what_is_said_of_it_is_a_whole_sentence(stage):
    for name, cells in lines(stage).items():
        said = cells.get("what it does") or cells["what it sends"]
        assert said.endswith("."), f"{name}: the docstring's first line must be a sentence"


def test_the_readme_holds_what_is_generated():
    _, _, rest = README.read_text().partition(catalogue.START)
    section, end, _ = rest.partition(catalogue.END)
    assert end
    assert section.strip() == catalogue.catalogue().strip(), "python launch/catalogue.py --write"


def test_writing_replaces_what_lies_between_the_markers_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"before\n{catalogue.START}\nold\n{catalogue.END}\nafter\n")
    catalogue.main(["--write"], path)
    once = path.read_text()
    catalogue.main(["--write"], path)
    assert path.read_text() == once
    assert once.startswith(f"before\n{catalogue.START}\n## The catalogue")
    assert once.endswith(f"{catalogue.END}\nafter\n")
    assert "old" not in once.splitlines()


def test_a_readme_without_markers_is_left_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(f"{catalogue.END} {catalogue.START}")
    with pytest.raises(SystemExit, match="add both"):
        catalogue.main(["--write"], path)
    assert path.read_text() == f"{catalogue.END} {catalogue.START}"


def test_it_prints(capsys):
    catalogue.main([])
    assert capsys.readouterr().out.strip() == catalogue.catalogue().strip()


def test_passes_follow_from_how_a_rule_works():
    found = {name: cells["passes"] for name, cells in lines("aggregator").items()}
    expected = {"median": "1", "krum": "2", "bulyan": "2", "sign_guard": "3", "fools_gold": "3"}
    assert {name: found[name] for name in expected} == expected

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
