"""Every example in a docstring runs and prints what it says."""

import doctest
from importlib import import_module

import pytest
from support import ROOT

PACKAGE = ROOT / "robusttrain"
WITH_EXAMPLES = [p for p in sorted(PACKAGE.rglob("*.py")) if ">>> " in p.read_text()]


def dotted(path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def test_there_are_examples():
    assert PACKAGE / "__init__.py" in WITH_EXAMPLES


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=dotted)
def test_examples_run(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testmod(import_module(dotted(path)))
    assert tried > 0, "no example is collected; is it in a docstring of a public name?"
    assert failed == 0
