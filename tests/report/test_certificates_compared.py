"""All schemes side by side: the published table of 15 workers, what is missing, and the files."""

import csv
import time

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from robusttrain.certificate.certificate import certify
from robusttrain.config.paths import CONFIGS
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.report.certificates_compared import (
    FIELDS,
    cells,
    certify_all,
    certify_one,
    compare,
    comparison_table,
    schemes,
    write_certificates,
)

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


def configured(*overrides: str):
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        return compose("certify", list(overrides))


def compared(*overrides: str):
    return compare(configured(*overrides), time.monotonic() + 50)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "table.csv"
    write_certificates(compared("workers=15", "assignment.replication=3").certificates, path)
    with path.open() as file:
        return list(csv.DictReader(file))


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
    undetected, voted = (column(table, "mols", a, "count") for a in ("undetected", "voted"))
    assert all(u <= v for u, v in zip(undetected, voted, strict=True))


def test_every_row_has_all_fields_and_says_what_is_exact(table):
    assert all(set(row) == set(FIELDS) and None not in row.values() for row in table)
    for row in table:
        assert (row["exact"] == "True") == (row["count"] == row["ceiling"]), row


def test_missing_schemes_have_a_reason():
    comparison = compared("workers=8", "compare_byzantine=[2,1,2]")
    assert comparison.missing["mols"].startswith("workers must be 3 l")
    assert comparison.missing["repetition"] == "workers must be a multiple of 3"
    assert comparison.byzantine == [1, 2]
    assert set(comparison.certificates["cyclic"]) == {1, 2}


def test_all_schemes_have_the_replication_asked_for():
    exist, missing = schemes(configured("workers=15", "assignment.replication=5"))
    assert exist["repetition"].replication == 5
    assert exist["single"].replication == 1
    assert missing["mols"].startswith("workers must be 5 l")


def test_a_schemes_own_refusal_is_a_reason():
    _, missing = schemes(configured("assignment=ramanujan", "assignment.case=3"))
    assert missing["ramanujan"] == "assignment.case=3 must be 1 or 2; use 1"


def test_cells_are_a_number_or_an_interval():
    exact, bound = certify(Mols(3), 15, 2), certify(Mols(3), 24, 9, effort=100)
    assert cells({2: exact}, [2])["vote alone"] == ["1 0.0400"]
    low, high = bound.undetected.count, bound.undetected.ceiling
    assert cells({2: exact}, [1, 2])["vote alone"] == ["-", "1 0.0400"]
    assert cells({9: bound}, [9])["vote and cover"] == [f"{low}..{high} {low / 64:.4f}"]


def test_the_table_has_a_column_for_each_count(capsys):
    comparison = compared("workers=9", "schemes=[cyclic,single]", "compare_byzantine=[1,3]")
    Console(width=100).print(comparison_table(comparison))
    output = capsys.readouterr().out
    assert "workers=9, replication=3" in output
    assert all(word in output for word in ("cyclic /9", "single /9", "q=1", "q=3"))
    assert "q=2" not in output


def test_time_that_is_short_leaves_bounds():
    soon = time.monotonic() + 0.01
    certificates = certify_all({"mols": Mols(3)}, 24, [8], deadline=soon)["mols"]
    assert certificates[8].undetected.count < certificates[8].undetected.ceiling


def test_time_that_is_over_leaves_nothing():
    assert certify_all({"mols": Mols(3)}, 24, [8, 9], deadline=0.0) == {"mols": {}}


@pytest.mark.parametrize(
    "words",
    [["assignment=cyclic", "workers=1001"], ["workers=182", "byzantine=60"]],
)
def test_what_is_too_large_is_refused_before_a_search(words):
    with pytest.raises(ValueError, match=r"^workers=\d+: .*; use fewer workers$"):
        certify_one(configured(*words), time.monotonic() + 1)
