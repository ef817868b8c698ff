"""Means over seeds, from hand-worked cases."""

import pytest

from robusttrain.report.runs import Run
from robusttrain.report.seeds import means, spread


def run(seed, attack="alie", outcome="finished", label="plain", secret="None", **measures) -> Run:
    settings = {
        "seed": str(seed), "attack": attack, "label": label, "steps": "10", "defense.secret": secret
    }  # fmt: skip
    return Run(f"{attack}{seed}", 0.0, settings, outcome, "", measures, {})


def test_a_mean_has_its_standard_error():
    assert spread([1.0, 2.0, 6.0], "{:.4g}") == "3 ± 1.5"  # stdev sqrt(7), by sqrt(3)
    assert spread([0.25], "{:.4g}") == "0.25"
    assert spread([], "{:.4g}") == "-"


def test_runs_that_differ_only_in_their_seed_are_a_row():
    pairs = zip((0.5, 0.7, 0.9), "abc", strict=True)
    runs = [run(s, accuracy=a, label=x, secret=x) for s, (a, x) in enumerate(pairs)]
    (row,) = means(runs)
    assert row["seeds"] == "3"
    assert row["steps"] == "10"
    assert row["accuracy"] == "0.7 ± 0.12"
    assert not {"seed", "label", "accuracy vs the first"} & set(row)


def test_what_two_configurations_have_in_common_under_a_seed_cancels():
    runs = [run(s, accuracy=a) for s, a in enumerate((0.25, 0.5, 1.0))]
    runs += [run(s, "ipm", accuracy=a - 0.125) for s, a in enumerate((0.25, 0.5, 1.0))]
    first, second = means(runs[::-1][3:] + runs[::-1][:3])
    assert (first["attack"], second["attack"]) == ("alie", "ipm")
    assert first["accuracy vs the first"] == "-"
    assert second["accuracy vs the first"] == "-0.125 ± 0"
    assert second["accuracy"] == "0.4583 ± 0.22"


def test_other_seeds_are_not_compared():
    runs = [run(s, accuracy=0.5) for s in (0, 1)] + [run(s, "ipm", accuracy=0.5) for s in (1, 2)]
    assert all("accuracy vs the first" not in row for row in means(runs))


@pytest.mark.parametrize("bad", [run(2, accuracy=None), run(2, outcome="refused")])
def test_a_seed_without_a_result_is_counted_and_left_out_of_the_mean(bad):
    (row,) = means([run(0, accuracy=0.5), run(1, accuracy=0.5), bad])
    assert row["seeds"] == "3"
    assert row["accuracy"] == "0.5 ± 0 (2)"


def test_a_run_that_broke_off_is_not_in_the_mean():
    (row,) = means(
        [run(s, accuracy=0.5) for s in (0, 1)] + [run(2, outcome="broken off", accuracy=0)]
    )
    assert row["accuracy"] == "0.5 ± 0 (2)"


def test_configurations_without_any_result_leave_the_others_compared():
    runs = [run(s, a, accuracy=0.5) for a in ("alie", "ipm") for s in (0, 1)]
    rows = means([run(0, "zero", outcome="refused"), *runs])
    assert [row["accuracy"] for row in rows] == ["- (0)", "0.5 ± 0", "0.5 ± 0"]
    assert [row["accuracy vs the first"] for row in rows] == ["-", "-", "+0 ± 0"]


def test_a_repeated_seed_counts_once():
    (row,) = means([run(0, accuracy=0.25), run(0, accuracy=0.75), run(1, accuracy=0.5)])
    assert row["accuracy"] == "0.5 ± 0"
    assert row["seeds"] == "2"


def test_any_measure_of_the_test_set_has_a_mean():
    (row,) = means([run(s, loss=s + 1.0, perplexity=100.0) for s in (0, 1)])
    assert row["loss"] == "1.5 ± 0.5"
    assert row["perplexity"] == "100 ± 0"
    assert "accuracy" not in row


def test_without_several_seeds_there_is_no_table():
    assert means([run(0, accuracy=0.5), run(0, "ipm", accuracy=0.5)]) == []
    assert means([]) == []
