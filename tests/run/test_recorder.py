"""The folder of a run, and what its recorder makes of the server's reports."""

import json
from types import SimpleNamespace

import pytest
import yaml

from robusttrain.monitor.base import Monitor
from robusttrain.run.recorder import Recorder, check_folder, make_folder


class Heard(Monitor):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said = []

    def step(self, record):
        self.said.append(("step", record))

    def evaluation(self, record):
        self.said.append(("evaluation", record))

    def end(self, summary):
        self.said.append(("end", summary))


class Scores:
    """Counts steps."""

    count = 0

    def step(self, done):
        self.count += 1
        return {"step": done.plan.step}

    def summary(self):
        return {"steps": self.count}


def recorder(folder, every=2, steps=3, measures=None):
    measured = iter(measures or [{"test_accuracy": 0.5}, {"test_accuracy": 0.75}])
    return Recorder(folder, Scores(), Heard(), lambda: next(measured), every, steps, 2**127)


def done(step):
    return SimpleNamespace(plan=SimpleNamespace(step=step))


def test_it_evaluates_every_so_many_steps_and_after_the_last(tmp_path):
    made = recorder(tmp_path)
    for step in range(3):
        made(done(step))
    assert [what for what, _ in made.monitor.said] == [
        "step", "step", "evaluation", "step", "evaluation",
    ]  # fmt: skip
    assert made.monitor.said[-1][1] == {"step": 3, "test_accuracy": 0.75}


def test_the_summary_has_the_last_measures_and_the_cause_of_a_break(tmp_path):
    made = recorder(tmp_path, measures=[{"test_accuracy": 0.5, "test_loss": float("nan")}])
    made(done(0))
    made(done(1))
    made.end(RuntimeError("no rank is left"), 7.0)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["finished"], summary["steps"], summary["test_accuracy"]) == (False, 2, 0.5)
    assert summary["test_loss"] is None, "NaN is no JSON"
    assert summary["error"] == "RuntimeError: no rank is left"
    assert summary["defense_secret"] == str(2**127)
    assert str(2**127) not in str(made.monitor.said[:-1])
    assert made.monitor.said[-1] == ("end", summary)


def test_a_named_folder_is_made_once_and_an_unnamed_one_gets_a_name(tmp_path):
    run = {"root": str(tmp_path), "name": "a", "label": "x"}
    folder = make_folder(run, {"seed": 1})
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"seed": 1}
    (folder / "metrics.jsonl").touch()
    with pytest.raises(ValueError, match="already holds an unfinished run; choose another"):
        check_folder(run)
    first, second = (make_folder(run | {"name": None}, {}) for _ in range(2))
    assert first != second
    assert first.name.startswith("x-")


@pytest.mark.parametrize("text", ["{", "[]", "{}", ""])
def test_a_summary_that_cannot_be_read_is_named(tmp_path, text):
    path = tmp_path / "a" / "summary.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ValueError) as refused:
        check_folder({"root": str(tmp_path), "name": "a"})
    assert f"run.name=a: {path} cannot be read; move the folder away" in str(refused.value)
