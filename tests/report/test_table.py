"""Runs side by side, from the folders that they leave."""

import csv
import json
import os

import pytest
import yaml
from omegaconf import OmegaConf

from robusttrain.analysis.score import Scorer
from robusttrain.report.table import Report, as_markdown, collect, save

TARGET = {
    "detector": "robusttrain.defense.detector.cover.Cover",
    "attack": "robusttrain.threat.attack.alie.Alie",
}


@pytest.fixture
def run(tmp_path):
    """run(name, overrides, results) leaves a run's folder behind."""
    count = iter(range(100))

    def leave(name: str, overrides: dict | None = None, **results) -> None:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        config = {
            "run": {"label": "plain", "name": name},
            **{"workers": 15, "permute": False, "seed": 0, "evict": False},
            "threat": {"byzantine": 3, "knowledge": "own"},
            "defense": {"byzantine": 3, "evict": False},
            "preaggregator": {
                "bucketing": {"_target_": "robusttrain.defense.preaggregator.bucketing.Bucketing"}
            },
            **{stage: {"_target_": target} for stage, target in TARGET.items()},
        } | {"data": {"_target_": "x.data.digits.Digits"}, "model": {"_target_": "x.cnn.make"}}
        for stage in ("assignment", "vote", "aggregator", "placement", "target"):
            config[stage] = {"_target_": f"robusttrain.{stage}.usual.Usual"}
        summary = Scorer(None, 7).summary() | {"test_accuracy": 0.98765, "finished": True}
        path = folder / "config.yaml"
        path.write_text(yaml.safe_dump(OmegaConf.to_container(
            OmegaConf.merge(config, overrides or {}))))  # fmt: skip
        (folder / "summary.json").write_text(json.dumps(summary | results))
        os.utime(path, (next(count),) * 2)

    return leave


def test_only_what_tells_the_runs_apart_is_a_column(run, tmp_path):
    run("b", {"threat": {"byzantine": 5}})
    run("a", {"threat": {"byzantine": 7}, "seed": 1})  # the seed adds nothing to that
    run("c", {"threat": {"byzantine": 7}, "preaggregator": None, "seed": 1})
    rows = collect(tmp_path)
    assert [row["true liars"] for row in rows] == ["5", "7", "7"]
    assert [row["preaggregator"] for row in rows] == ["bucketing", "bucketing", "none"]
    assert not {"seed", "label", "detector", "workers"} & set(rows[0])


def test_a_parameter_that_alone_tells_runs_apart_is_a_column(run, tmp_path):
    for length in (5, 15):
        run(f"a{length}", {"placement": {"length": length}, "runtime": {"port": length}})
    run("b", {"placement": {"_target_": "robusttrain.threat.placement.fixed.Fixed"}})
    rows = collect(tmp_path)
    assert [row["placement.length"] for row in rows] == ["5", "15", "-"]
    assert list(rows[0])[:3] == ["placement", "placement.length", "accuracy"]


def test_a_single_run_is_told_by_its_label(run, tmp_path):
    run("only")
    (row,) = collect(tmp_path)
    assert row["label"] == "plain"
    assert row["accuracy"] == "0.988"


def test_components_go_by_the_names_they_are_chosen_by(run, tmp_path):
    run("a")
    run("b", {"detector": {"_target_": "robusttrain.defense.detector.audit.Audit"}})
    assert [row["detector"] for row in collect(tmp_path)] == ["cover", "audit"]


@pytest.mark.parametrize(
    ("file", "text"),
    [("summary.json", "{"), ("summary.json", "[]"), ("summary.json", "{}"), ("config.yaml", None),
     ("config.yaml", "a: ["), ("config.yaml", ""), ("config.yaml", "run: 1")],
)  # fmt: skip
def test_a_run_that_cannot_be_read_is_left_out_and_said(run, tmp_path, capsys, file, text):
    run("broken")
    run("a")
    path = tmp_path / "broken" / file
    path.unlink() if text is None else path.write_text(text)
    (row,) = collect(tmp_path)
    assert row["label"] == "plain"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path.parent} is left out: {path} cannot be read (")


def test_results_by_hand(run, tmp_path):
    run(
        "a", finished=False, test_accuracy=None, distorted_fraction_mean=0.02198, audits=4,
        convicted=[1, 2, 9], false_convictions=[9], missed=[4], steps_to_detect_median=1.5,
        bytes_to_server_per_step=18.04e6, seconds_per_step=0.234,
    )  # fmt: skip
    (row,) = collect(tmp_path)
    assert row == {
        "label": "plain", "accuracy": "- (broken off)", "forged": "0.0220",
        "convicted": "3 (3 lied, 1 wrongly)", "honest convicted a step": "0.00",
        "steps to detect": "1.5", "recomputed": "4",
        "MB a step": "18.0", "s a step": "0.23",
    }  # fmt: skip


def test_markdown_and_csv_have_a_line_a_run(run, tmp_path):
    run("a")
    run("b", {"seed": 1})
    rows = collect(tmp_path)
    lines = as_markdown(rows).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1
    save(rows, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open() as file:
        assert list(csv.DictReader(file)) == rows


def test_a_sweep_ends_with_its_table(run, tmp_path, capsys):
    run("a")
    run("b", {"seed": 1})
    Report().on_multirun_end(OmegaConf.create({"hydra": {"sweep": {"dir": str(tmp_path)}}}))
    assert "seed" in capsys.readouterr().out
    assert (tmp_path / "table.csv").exists()


def test_a_sweep_without_runs_says_nothing(tmp_path, capsys):
    Report().on_multirun_end(OmegaConf.create({"hydra": {"sweep": {"dir": str(tmp_path)}}}))
    assert capsys.readouterr().out == ""
