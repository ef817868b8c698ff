"""The folder of a run, and what its recorder makes of the server's reports."""

import json
import threading
from types import SimpleNamespace

import pytest
import yaml

from robusttrain.monitor.base import SCHEMA, Monitor
from robusttrain.run import recorder as module
from robusttrain.run.divergence import Diverged
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


class Watched:
    """Finds the steps from `since` on divergent, and one too many."""

    divergent = 0

    def __init__(self, since):
        self.since, self.last = since, -1

    def step(self, done):
        self.last = done.plan.step
        self.divergent += self.last >= self.since
        return {"divergent": self.last >= self.since, "warning": ""}

    def check(self):
        if self.last > self.since:
            raise Diverged("two in a row")


def recorder(folder, every=2, steps=3, measures=None, since=99):
    measured = iter(measures or [{"test_accuracy": 0.5}, {"test_accuracy": 0.75}])
    watch = Watched(since)
    return Recorder(folder, Scores(), watch, Heard(), lambda: next(measured), every, steps, 2**127)


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
    made.end("no rank is left", 7.0)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["finished"], summary["steps"], summary["test_accuracy"]) == (False, 2, 0.5)
    assert summary["test_loss"] is None, "NaN is no JSON"
    assert summary["error"] == "no rank is left"
    assert (summary["schema"], summary["model_updates"]) == (SCHEMA, None)
    assert summary["defense_secret"] == str(2**127)
    assert str(2**127) not in str(made.monitor.said[:-1])
    assert made.monitor.said[-1] == ("end", summary)


def test_a_step_is_recorded_before_it_is_one_divergent_step_too_many(tmp_path):
    made = recorder(tmp_path, steps=9, since=0)
    made(done(0))
    with pytest.raises(Diverged):
        made(done(1))
    records = [record for what, record in made.monitor.said if what == "step"]
    assert records == [{"step": step, "divergent": True, "warning": ""} for step in (0, 1)]
    made.end("two in a row", 7.0)
    assert made.monitor.said[-1][1]["steps_divergent"] == 2


def test_a_named_folder_is_made_once_and_an_unnamed_one_gets_a_name(tmp_path):
    run = {"root": str(tmp_path), "name": "a", "label": "x"}
    folder = make_folder(run, {"seed": 1})
    written = yaml.safe_load((folder / "config.yaml").read_text())
    assert written == {"schema": SCHEMA, "seed": 1}
    (folder / "metrics.jsonl").touch()
    with pytest.raises(ValueError, match="already holds an unfinished run; choose another"):
        check_folder(run)
    first, second = (make_folder(run | {"name": None}, {}) for _ in range(2))
    assert first != second
    assert first.name.startswith("x-")


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [("summary.json", '{"finished": true}', "a finished run"), ("summary.json", "[]", "an unfin"),
     ("summary.json", "{", "an unfin"), ("metrics.jsonl", "", "an unfin"),
     ("model.pt", "", "model.pt"), (".hidden", "", ".hidden"), ("sub/file", "", "sub")],
)  # fmt: skip
def test_a_folder_that_holds_anything_is_refused(tmp_path, name, text, what):
    path = tmp_path / "a" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    run = {"root": str(tmp_path), "name": "a", "label": "x"}
    for refuse in (check_folder, lambda run: make_folder(run, {})):
        with pytest.raises(ValueError, match=rf"^run.name=a: .*/a already holds {what}.*; choose"):
            refuse(run)
    assert [p for p in tmp_path.glob("**/*") if p.is_file()] == [path]


def test_a_file_or_a_broken_link_in_its_place_is_refused(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "b").symlink_to(tmp_path / "none")
    for name in "ab":
        with pytest.raises(ValueError, match="already holds a file"):
            check_folder({"root": str(tmp_path), "name": name})


def test_of_runs_that_take_a_folder_at_once_one_gets_it(tmp_path, monkeypatch):
    """All find it empty; whoever makes config.yaml has it."""
    run = {"root": str(tmp_path), "name": "a", "label": "x"}
    barrier, outcomes, looked = threading.Barrier(8), [], threading.local()

    def look(run, *resume) -> None:
        check_folder(run, *resume)
        if not hasattr(looked, "once"):
            looked.once = True
            barrier.wait()

    monkeypatch.setattr(module, "check_folder", look)

    def take(number: int) -> None:
        try:
            make_folder(run, {"seed": number})
            outcomes.append(number)
        except ValueError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = (outcome for outcome in outcomes if isinstance(outcome, int))
    assert yaml.safe_load((tmp_path / "a" / "config.yaml").read_text())["seed"] == winner
    assert all("already holds config.yaml" in o for o in outcomes if o != winner)
