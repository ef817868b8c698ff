"""The pages: their links lead somewhere, their examples run, and the README stays short."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

import robusttrain as rt

README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(code, id=f"{page.name}:{i}")
    for page in PAGES
    for i, code in enumerate(EXAMPLE.findall(page.read_text()))
    if not code.startswith("# ")  # a file, which test_your_model.py runs
]


def prose(text: str) -> str:
    """The text without its code blocks."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page is called after the `#`."""
    heads = re.findall(r"^#+ (.+)$", prose(page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken_links(page: Path, text: str) -> Iterator[str]:
    """The links of `text`, which stands in `page`, that lead to no file, folder or heading."""
    for link in re.findall(r"\]\(\s*([^)\s]+)\s*\)", prose(text)):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def table_count(text: str) -> int:
    """Tables in Markdown: lines of dashes below a head."""
    return len(re.findall(r"^\|[ :|-]+\|$", prose(text), flags=re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page):
    assert list(broken_links(page, page.read_text())) == []


def test_a_broken_link_is_found():
    text = (
        "[a](LICENSE) [b](nowhere.md)\n[c](README.md#results) [d](README.md#nothing)\n\n    [e](f)"
    )
    assert list(broken_links(README, text)) == ["nowhere.md", "README.md#nothing"]


def test_every_page_is_reached_from_the_readme():
    links = set(re.findall(r"\]\(([^)#\s]+)", README.read_text()))
    pages = {str(page.relative_to(ROOT)) for page in PAGES} - {"README.md"}
    assert pages <= links


def test_the_readme_is_short_and_has_one_table():
    text = README.read_text()
    assert len(text.splitlines()) <= 150
    assert table_count(text) == 1
    assert table_count("| a |\n|---|\n| 1 |\n\n| b |\n|:-:|\n") == 2


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples_run(code, monkeypatch, tmp_path):
    """Ranks are not started: `train` checks its configuration and returns figures of no run."""

    def train(*overrides: str) -> dict[str, float]:
        rt.recipe(*overrides)
        return {"test_accuracy": 0.5}

    if "rt.train(" in code:
        assert callable(rt.train)
        monkeypatch.setattr(rt, "train", train)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})


def test_there_are_examples():
    assert len(EXAMPLES) >= 2
