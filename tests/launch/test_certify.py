"""The command line: one certificate, a comparison, its files and its errors."""

import csv
import importlib.util
import sys

import pytest
from support import ROOT

SPEC = importlib.util.spec_from_file_location("certify", ROOT / "launch" / "certify.py")
certify = importlib.util.module_from_spec(SPEC)
sys.modules["certify"] = certify
SPEC.loader.exec_module(certify)


def test_a_comparison_with_its_files(capsys, tmp_path):
    files = tmp_path / "table.csv", tmp_path / "plot.png"
    overrides = ["workers=8", "schemes=[cyclic,mols]", "compare_byzantine=[1,2]"]
    certify.main(["--compare", "--csv", str(files[0]), "--png", str(files[1]), *overrides])
    output = capsys.readouterr().out
    assert "cyclic /8" in output
    assert "mols does not exist here: workers must be 3 l" in output
    assert all(f"wrote {path}" in output for path in files)
    with files[0].open() as file:
        rows = list(csv.DictReader(file))
    assert {(r["scheme"], r["byzantine"]) for r in rows} == {("cyclic", "1"), ("cyclic", "2")}
    assert files[1].read_bytes()[:4] == b"\x89PNG"


def test_one_certificate(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    certify.main(["assignment=subset", "assignment.replication=3", "workers=15", "byzantine=5"])
    assert "vote and cover: 60 of 455 tasks (13.2%)" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_one_certificate_as_numbers(tmp_path):
    path = tmp_path / "table.csv"
    certify.main(["assignment=mols", "byzantine=3", "--csv", str(path)])
    with path.open() as file:
        counts = {r["attack"]: r["count"] for r in csv.DictReader(file)}
    assert counts["voted"] == "3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["byzantine=8"], "error: byzantine=8 must be from 0 to 7"),
        (["assignment=mols", "workers=16"], "error: assignment=mols does not exist"),
        (["assignment=cyclic", "assignment.replication=1"], "error: assignment.replication=1"),
        (["nonsense=1"], "error: nonsense is no key"),
        (["assignment=nonsense"], "error: "),
        (["--png", "plot.png"], "error: --png plots a comparison; add --compare"),
        (["--csv", "/nowhere/table.csv"], "error: --csv /nowhere/table.csv: there is no folder"),
        (["--csv", "/"], "error: --csv / is a folder; name a file"),
        (["--compare", "--png", "a.xyz"], "error: --png a.xyz must end in a format of images"),
        (["--limit", "0"], "error: --limit 0 must be > 0"),
        (["--limit", "nan"], "error: --limit nan must be > 0"),
        (["--compare", "compare_byzantine=3"], "error: compare_byzantine=3 must be a list of q"),
        (["--compare", "compare_byzantine=[]"], "error: compare_byzantine=[] must be a list of q"),
        (["--compare", "compare_byzantine=[x]"], "error: compare_byzantine=x must be a whole"),
        (["--compare", "schemes=mols"], "error: schemes=mols must be a list"),
        (["who=fixed"], "error: who=fixed is now placement=fixed"),
        (["audit.random=-1"], "error: audit.random=-1"),
        (["workers=many"], "error: workers=many must be"),
    ],
)
def test_mistakes_are_one_line(arguments, message):
    with pytest.raises(SystemExit) as stopped:
        certify.main(arguments)
    assert str(stopped.value).startswith(message)


def test_an_unknown_option_is_refused():
    with pytest.raises(SystemExit) as stopped:
        certify.main(["--nonsense"])
    assert stopped.value.code == 2
