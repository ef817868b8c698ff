"""Resume: what is gone on from, and what is refused."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml

from robusttrain.config.recipe import recipe
from robusttrain.protocol.journal import Journal
from robusttrain.run.checkpoint import write
from robusttrain.run.files import CHECKPOINTS
from robusttrain.run.resume import (
    JOURNAL,
    METRICS,
    Lock,
    begin_metrics,
    check_resume,
    keep_journal,
    resumption,
)
from robusttrain.run.sides import exchange

HERE = SimpleNamespace(rank=0)
LINES = b"first\nsecond\n"


@pytest.fixture
def broken_off(configure, tmp_path):
    """broken_off(*words) -> the words of a run that was killed; a checkpoint is after step 5."""

    def made(*words):
        words = (*words, f"run.root={tmp_path}", "run.name=run")
        folder = tmp_path / "run"
        (folder / CHECKPOINTS).mkdir(parents=True)
        checked = recipe(configure(*words))
        (folder / "config.yaml").write_text(yaml.safe_dump({"schema": 1, **checked.config}))
        (folder / METRICS).write_bytes(LINES + b"third\n")
        state = {"parameters": torch.ones(2), "metrics": {"bytes": len(LINES)}}
        write(folder / CHECKPOINTS / "step-00000006.pt", 6, state)
        return words

    return made


def test_auto_goes_on_in_its_folder_and_a_path_in_another(broken_off, configure, tmp_path):
    words = broken_off()
    checkpoint = tmp_path / "run" / CHECKPOINTS / "step-00000006.pt"
    for resume in ("auto", tmp_path / "run", checkpoint):
        made = resumption(configure(*words, f"resume={resume}"))
        assert (made.path, made.step, made.run) == (checkpoint, 6, tmp_path / "run")
    assert resumption(configure(*words)) is None
    assert resumption(configure(*words, "run.name=new", "resume=auto")) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("seed=1",), "has seed=0, and this one seed=1; set it to what it was, or start a new"),
        (("aggregator=mean",), "has aggregator._target_=robusttrain.defense.aggregator.median.M"),
        (("+model.extra=1",), "has model.extra=null, and this one model.extra=1"),
        (("steps=6", "schedule=constant"), "after step 5, the last of steps=6; set more steps"),
        (("run.name=null",), "resume=auto goes on in the folder of run.name, and run.name=null"),
        (("resume=nowhere",), "resume=nowhere holds no checkpoint; name a run's folder, a ch"),
    ],
)
def test_what_cannot_be_gone_on_from_is_refused(broken_off, configure, words, said):
    before = broken_off("schedule=constant")
    if words[0].startswith("resume"):
        before = (*before, *words)
    with pytest.raises(ValueError, match=said):
        resumption(configure(*before, "resume=auto", *words))


def test_what_makes_no_other_run_may_be_other(broken_off, configure):
    words = broken_off("schedule=constant")
    others = ("steps=500", "runtime.ranks=1", "attack=alie", "evaluate_every=3",
              "threat.byzantine=1", "checkpoint.every=7")  # fmt: skip
    assert resumption(configure(*words, *others, "resume=auto")).step == 6


def test_a_run_that_is_finished_or_still_going_on_is_left_alone(broken_off, configure, tmp_path):
    words = (*broken_off(), "resume=auto")
    lock = Lock(tmp_path / "run")
    with pytest.raises(ValueError, match="a run is still going on there; wait for its end, or"):
        resumption(configure(*words))
    lock.free()
    assert resumption(configure(*words)).step == 6
    (tmp_path / "run" / "summary.json").write_text(json.dumps({"finished": True}))
    with pytest.raises(ValueError, match=r"is finished; choose a new run.name"):
        resumption(configure(*words))


def test_a_way_that_was_measured_is_taken_over(broken_off, configure):
    words = broken_off("objective.vectorize=loop")
    checked = recipe(configure(*words, "objective.vectorize=auto", "resume=auto"))
    check_resume(checked)
    assert checked.objective.vectorize == checked.config["objective"]["vectorize"] == "loop"
    with pytest.raises(ValueError, match=r"has objective.vectorize=loop"):
        check_resume(recipe(configure(*words, "objective.vectorize=vmap", "resume=auto")))


def test_metrics_begin_with_those_of_the_steps_that_are_done(
    broken_off, configure, tmp_path, monkeypatch
):
    words = broken_off()
    made = resumption(configure(*words, "resume=auto"))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / METRICS).touch()
    begin_metrics(tmp_path / "new", made)
    assert (tmp_path / "new" / METRICS).read_bytes() == LINES
    before = (tmp_path / "run" / METRICS).read_bytes()
    monkeypatch.chdir(tmp_path)
    begin_metrics(Path("run"), resumption(configure(*words, "resume=auto", "run.root=.")))
    assert (tmp_path / "run" / METRICS).read_bytes() == before
    os.truncate(tmp_path / "run" / METRICS, len(LINES))  # as the monitor does with its state
    assert (tmp_path / "run" / METRICS).read_bytes() == LINES
    begin_metrics(tmp_path / "run", None)
    assert (tmp_path / "run" / METRICS).read_bytes() == b""


def test_a_fork_takes_along_what_is_known_of_the_workers(
    broken_off, configure, tmp_path, monkeypatch
):
    """A run that goes on in its folder has it there, however the folder is named."""
    words = broken_off("experiment=digits_probe")
    known = Journal(tmp_path / "run" / JOURNAL)
    known.convict(3, 4, "lied")
    known.close()
    checked, made = recipe(configure(*words)), resumption(configure(*words, "resume=auto"))
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path)
    near = resumption(configure(*words, "resume=auto", "run.root=."))
    for folder, gone_on in (
        (tmp_path / "new", made),
        (tmp_path / "run", near),
        (Path("run"), near),
    ):
        probing = exchange(checked, 1, HERE, torch.zeros(1))
        keep_journal(probing, folder, gone_on)
        journal = Journal(probing.keep)
        assert journal.convicted.keys() == {3}
        journal.close()
    probing = exchange(recipe(configure(*words, f"probe.journal={tmp_path}/own")), 1, HERE, None)
    keep_journal(probing, tmp_path / "new", made)
    assert probing.keep == tmp_path / "own"
