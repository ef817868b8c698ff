"""The command line of the tables: run, store, compare, and what is refused."""

import importlib.util

import pytest
from support import PUBLIC, ROOT, SMALL

from robusttrain.study.figures_file import read, write
from robusttrain.study.grid_file import TABLES, read_grid
from robusttrain.study.paired import markdown

SPEC = importlib.util.spec_from_file_location("paper", ROOT / "launch" / "paper.py")
paper = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(paper)

TABLE = f"title: Tiny\nseeds: [0, 1]\nbase: {[*SMALL, PUBLIC]}\nrows: {{r: []}}\ncolumns: {{c: []}}"


@pytest.fixture
def call(tmp_path, capsys):
    """call(*options) -> what it printed, and its exit code, with a table called tiny."""
    (tmp_path / "tiny.yaml").write_text(TABLE)

    def run(*options):
        code = 0
        try:
            paper.main(["tiny", "--tables", str(tmp_path), "--folder", str(tmp_path / "runs"),
                        *options])  # fmt: skip
        except SystemExit as end:
            code = end.code
        return capsys.readouterr().out, code

    return run


def test_a_table_run_again_differs_in_nothing_and_says_where_it_does(call, tmp_path):
    text, code = call("--store")
    assert code == 0
    assert "1 of 2: r, c, seed 0: accuracy" in text
    text, code = call()
    assert code == 0
    assert "2 figures compared with the stored: differs in nothing" in text
    stored = read(tmp_path / "tiny.csv")
    stored[1].measures["loss"] += 1
    write(tmp_path / "tiny.csv", stored)
    text, code = call("--runs", "0")
    assert code == 1
    assert "differs in 1\nr, c, seed 1, step 3: loss" in text.replace("\n\n", "\n")


def test_what_is_missing_is_counted(call):
    text, code = call("--runs", "1")
    assert code == 0
    assert "1 run of 2 missing" in text


@pytest.mark.parametrize(
    ("options", "says"), [(["nowhere"], "no table 'nowhere'; there are .*gpt_probe, probes")]
)
def test_unknown_names_are_refused(options, says):
    with pytest.raises(SystemExit, match=says):
        paper.main(options)


@pytest.mark.parametrize("options", [["--jobs", "0"], ["--runs", "-1"]])
def test_bad_numbers_are_refused(options, capsys):
    with pytest.raises(SystemExit):
        paper.main(["probes", *options])
    assert f"{' '.join(options)} must be >=" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_docs_print_the_stored_figures(path):
    grid, page = read_grid(path.stem), (ROOT / "docs" / "results.md").read_text()
    assert f"<!-- table {grid.name} -->\n\n{markdown(grid, read(path))}\n\n<!-- end -->" in page


def test_stored_figures_are_printed(call, monkeypatch, tmp_path):
    page = tmp_path / "results.md"
    page.write_text("<!-- table tiny -->\n<!-- end -->\n")
    monkeypatch.setattr(paper, "PAGE", page)
    call("--store", "--runs", "1")
    assert "\n| r | 0." in page.read_text()
