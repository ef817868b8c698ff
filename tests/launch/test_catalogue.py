"""The command line of the catalogue: it prints, or renews the page."""

import importlib.util

import pytest
from support import ROOT

from robusttrain.report.catalogue import catalogue

SPEC = importlib.util.spec_from_file_location("catalogue", ROOT / "launch" / "catalogue.py")
script = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)


def test_it_prints(capsys):
    script.main([])
    assert capsys.readouterr().out == catalogue() + "\n"


def test_it_renews_the_page(monkeypatch, tmp_path, capsys):
    assert script.PAGE == ROOT / "docs" / "catalogue.md"
    monkeypatch.setattr(script, "PAGE", tmp_path / "catalogue.md")
    script.main(["--write"])
    assert (tmp_path / "catalogue.md").read_text() == catalogue() + "\n"
    assert capsys.readouterr().out == f"wrote {tmp_path / 'catalogue.md'}\n"


def test_where_there_is_no_checkout_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(script, "PAGE", tmp_path / "docs" / "catalogue.md")
    with pytest.raises(SystemExit, match=r"^error: there is no folder .*/docs: only a checkout"):
        script.main(["--write"])
    assert list(tmp_path.iterdir()) == []
