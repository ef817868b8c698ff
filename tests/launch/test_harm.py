"""The command line of the table attack x rule: its files, what it leaves out, its errors."""

import csv
import importlib.util
import sys

import pytest
from support import ROOT, members

SPEC = importlib.util.spec_from_file_location("harm", ROOT / "launch" / "harm.py")
harm = importlib.util.module_from_spec(SPEC)
sys.modules["harm"] = harm
SPEC.loader.exec_module(harm)

FEW = ["--n", "11", "--f", "2", "--size", "50", "--seeds", "2"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The rows of the table of few rules, as the file has them."""
    folder = tmp_path_factory.mktemp("harm")
    rules = ["--rules", "mean", "krum", "multi_krum:m=3", "nnm+trimmed_mean"]
    attacks = ["--attacks", "reversed", "alie:z=1.5", "nans", "stale"]
    files = ["--csv", str(folder / "table.csv"), "--png", str(folder / "map.png")]
    harm.main([*FEW, *rules, *attacks, *files])
    assert (folder / "map.png").read_bytes()[:4] == b"\x89PNG"
    with (folder / "table.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_file_has_a_row_for_each_noise_attack_and_rule(table):
    attacks = {"none", "reversed", "alie:z=1.5", "nans", "searched"}
    rules = {"mean", "krum", "multi_krum:m=3", "nnm+trimmed_mean"}
    keys = [(float(r["noise"]), r["attack"], r["rule"]) for r in table]
    assert sorted(keys) == sorted((n, a, r) for n in (1.0, 4.0) for a in attacks for r in rules)
    assert list(table[0]) == ["noise", "attack", "rule", "distance", "relative", "cosine"]


def test_the_mean_is_ruined_and_the_others_are_not(table):
    found = {(r["noise"], r["attack"], r["rule"]): float(r["relative"]) for r in table}
    assert found["1.0", "reversed", "mean"] > 10
    assert found["1.0", "reversed", "krum"] < 2
    assert found["1.0", "reversed", "nnm+trimmed_mean"] < 1
    assert found["1.0", "none", "mean"] < 1e-5


def test_krum_picks_a_vector_whose_distance_is_the_noise(table):
    for noise in ("1.0", "4.0"):
        (row,) = (r for r in table if tuple(r.values())[:3] == (noise, "none", "krum"))
        assert float(row["distance"]) == pytest.approx(float(noise), rel=0.25)


def test_all_rules_and_attacks_run_with_a_word_about_what_is_left_out(capsys):
    harm.main(["--n", "9", "--f", "2", "--size", "8", "--seeds", "1", "--noise", "1"])
    printed = capsys.readouterr().out
    words = set(printed.split())
    rules = {path.stem for path in members("aggregator")}
    assert rules & words == rules - {"brute", "foreign"}
    assert "|A - m| / |m|, n=9, f=2, 8 coordinates, noise 1, 1 draw\n" in printed
    assert "bulyan is left out: bulyan needs n >= 4f+3; got n=9, f=2" in printed
    assert "label_flip is left out: it is about labels" in printed
    assert "inf" not in words
    assert "nan" not in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--f", "0"], r"--f 0 must be in 1\.\.n-2"),
        (["--n", "5", "--f", "4"], r"--f 4 must be in 1\.\.n-2 with --n 5"),
        (["--size", "0"], "--size 0 must be >= 1"),
        (["--seeds", "0"], "--seeds 0 must be >= 1"),
        (["--noise", "nan"], "--noise nan must be >= 0"),
        (["--csv", "/nowhere/at/all.csv"], "there is no folder /nowhere/at"),
        (["--csv", "/"], "--csv / is a folder"),
        (["--png", "a.xyz"], r"--png a\.xyz must end in a format of images"),
        (["--rules", "mode"], "aggregator=mode does not exist; choose from auto_gm"),
        (["--rules", "nn+mean"], "preaggregator=nn does not exist"),
        (["--attacks", "alie:y=2"], "attack=alie has no y; its parameters: z"),
        (["--attacks", "zero:y=2"], "attack=zero has no y; its parameters: none"),
        (["--attacks", "reversed:scale=-1"], "attack.scale=-1 must be > 0"),
        (["--attacks", "label_flip"], "nothing is left to compare.*about labels"),
        (["--n", "6", "--f", "2", "--rules", "krum"], "krum needs n >= 2f.3"),
    ],
)
def test_errors_name_what_is_wrong(arguments, message):
    with pytest.raises(SystemExit, match=f"^error: .*{message}"):
        harm.main(arguments)
