"""The command line: one certificate, the published comparison, its files and its errors."""

import csv
import importlib.util
import sys

import pytest
from support import ROOT

SPEC = importlib.util.spec_from_file_location("certify", ROOT / "launch" / "certify.py")
certify = importlib.util.module_from_spec(SPEC)
sys.modules["certify"] = certify
SPEC.loader.exec_module(certify)

# specs/aspis.md section 5, 15 workers, 3 copies, q = 2..7
COUNTS = {
    ("subset", "undetected"): [2, 10, 28, 60, 110, 182],
    ("subset", "dropped"): [0, 1, 4, 10, 20, 35],
    ("subset", "voted"): [13, 37, 70, 110, 155, 203],
    ("mols", "voted"): [1, 3, 5, 8, 12, 14],
    ("ramanujan", "voted"): [1, 3, 5, 8, 12, 14],
    ("design", "voted"): [1, 3, 6, 10, 15, 19],
    ("cyclic", "voted"): [2, 3, 5, 6, 8, 9],
}
FRACTIONS = {
    ("subset", "undetected"): [0.0044, 0.0220, 0.0615, 0.1319, 0.2418, 0.4000],
    ("subset", "dropped"): [0, 0.0022, 0.0088, 0.0220, 0.0440, 0.0769],
    ("subset", "voted"): [0.0286, 0.0813, 0.1538, 0.2418, 0.3407, 0.4462],
    ("mols", "voted"): [0.04, 0.12, 0.20, 0.32, 0.48, 0.56],
    ("repetition", "voted"): [0.20, 0.20, 0.40, 0.40, 0.60, 0.60],
    ("single", "voted"): [0.133, 0.200, 0.267, 0.333, 0.400, 0.467],
}
BOUND = [2.11, 4.29, 6.96, 10.0, 13.3, 16.9]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    files = folder / "table.csv", folder / "plot.png"
    overrides = ["workers=15", "assignment.replication=3"]
    certify.main(["--compare", "--csv", str(files[0]), "--png", str(files[1]), *overrides])
    with files[0].open() as file:
        rows = list(csv.DictReader(file))
    assert files[1].read_bytes()[:4] == b"\x89PNG"
    return rows


def column(table, scheme: str, attack: str, field: str) -> list[float]:
    rows = [r for r in table if (r["scheme"], r["attack"]) == (scheme, attack)]
    assert [int(r["byzantine"]) for r in rows] == [2, 3, 4, 5, 6, 7]
    return [float(r[field]) for r in rows]


@pytest.mark.parametrize("key", COUNTS, ids="-".join)
def test_counts_are_the_published_ones_and_exact(table, key):
    assert column(table, *key, "count") == column(table, *key, "ceiling") == COUNTS[key]


@pytest.mark.parametrize("key", FRACTIONS, ids="-".join)
def test_fractions_are_the_published_ones(table, key):
    assert column(table, *key, "fraction") == pytest.approx(FRACTIONS[key], abs=5e-4)


def test_the_expansion_bound_of_mols_is_the_published_one(table):
    assert column(table, "mols", "expansion", "ceiling") == pytest.approx(BOUND, abs=0.05)


def test_mols_under_cover_does_no_worse_than_with_a_vote_alone(table):
    pairs = [column(table, "mols", attack, "count") for attack in ("undetected", "voted")]
    assert all(h <= v for h, v in zip(*pairs, strict=True))


def test_one_certificate(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    certify.main(["assignment=subset", "assignment.replication=3", "workers=15", "byzantine=5"])
    output = capsys.readouterr().out
    assert "vote and cover: 60 of 455 tasks (13.2%)" in output
    assert list(tmp_path.iterdir()) == []


def test_schemes_that_do_not_exist_are_named_with_the_reason(capsys):
    certify.main(["--compare", "workers=8", "compare_byzantine=[2]"])
    output = capsys.readouterr().out
    assert "mols does not exist here: workers must be 3 l" in output
    assert "repetition does not exist here: workers must be a multiple of 3" in output
    assert "cyclic /8" in output
    assert "q=2" in output
    assert "q=3" not in output


def test_all_schemes_are_compared_at_the_replication_asked_for(capsys):
    certify.main(["--compare", "workers=15", "assignment.replication=5", "compare_byzantine=[2]"])
    output = capsys.readouterr().out
    assert "repetition /3" in output
    assert "mols does not exist here: workers must be 5 l" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["byzantine=8"], "error: byzantine=8 must be from 0 to 7"),
        (["assignment=mols", "workers=16"], "error: assignment=mols does not exist"),
        (["assignment=cyclic", "assignment.replication=1"], "error: assignment.replication=1"),
        (["nonsense=1"], "error: Could not override 'nonsense'"),
        (["assignment=nonsense"], "error: "),
        (["--png", "plot.png"], "error: --png plots a comparison; add --compare"),
        (["--csv", "/nowhere/table.csv"], "error: /nowhere/table.csv: there is no folder"),
        (["--limit", "0"], "error: --limit 0 must be > 0"),
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
