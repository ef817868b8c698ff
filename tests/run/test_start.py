"""Where a run may be written, checked before a rank starts."""

import json
import shutil
from collections import namedtuple

import pytest

from robusttrain.comm import torchrun
from robusttrain.config.recipe import recipe
from robusttrain.run.start import check_place, check_space, check_writable, prepare, start


def test_a_folder_that_can_be_made_is_not_made(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("root", ["file", "file/below", "/proc/none/below"])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path, root):
    (tmp_path / "file").touch()
    run = {"root": str(tmp_path / root), "name": None}
    with pytest.raises(ValueError, match=r"^run.root: .* cannot be written .*; set run.root to a"):
        check_place(run)


def test_a_disk_that_is_too_full_is_refused(configure, monkeypatch, tmp_path):
    """The run asks for its model, and for a line a step."""
    made = recipe(configure(f"run.root={tmp_path}/new"))
    model, usage = 4 * made.layout.size, namedtuple("Usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(model))
    with pytest.raises(ValueError, match=r"^run.root=.*/new: .* has 0.0 MB free, the run needs"):
        check_space(made)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(model + 2_000_000))
    check_space(made)
    with pytest.raises(ValueError, match=r"make room, or set run.root to a folder on another"):
        check_space(recipe(configure(f"run.root={tmp_path}/new", "steps=5000")))


@pytest.mark.parametrize("name", ["", " ", 5])
def test_a_name_is_text(tmp_path, name):
    with pytest.raises(ValueError, match=r"run.name=.* must be text"):
        check_place({"root": str(tmp_path), "name": name})


@pytest.mark.parametrize("key", ["name", "label"])
@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b", "..", ".", "a\\b", "a\0b"])
def test_a_run_stays_within_its_root(tmp_path, key, name):
    run = {"root": str(tmp_path), "name": "a", "label": "b"}
    with pytest.raises(
        ValueError, match=rf"^run\.{key}=.* must be the name of a single folder; use"
    ):
        check_place(run | {key: name})
    check_place(run | {key: "a.b..c, d=1"})


@pytest.mark.parametrize(
    ("words", "says"),
    [(["pre=[]"], "preaggregator"), (["-m", "target=hidden,all"], "target=undetected,all"),
     (["-m", "run.root=/proc/none"], "cannot be written")],
)  # fmt: skip
def test_it_is_refused_before_hydra_starts(words, says, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit, match=f"^error: .*{says}"):
        prepare(words)


@pytest.mark.parametrize(("finished", "word"), [(True, "a finished"), (False, "an unfinished")])
def test_a_folder_that_holds_a_run_is_left_alone(configure, monkeypatch, tmp_path, finished, word):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(torchrun, "start_ranks", lambda *_: pytest.fail("ranks were started"))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "summary.json").write_text(json.dumps({"finished": finished}))
    with pytest.raises(SystemExit, match=f"^error: run.name=kept: .*/kept already holds {word}"):
        start(configure(f"run.root={tmp_path}", "run.name=kept"))
    assert [path.name for path in tmp_path.glob("**/*")] == ["kept", "summary.json"]


@pytest.mark.parametrize(("rank", "says"), [("0", "error: batch=1000 must be a"), ("1", "1")])
def test_of_the_ranks_of_torchrun_the_server_alone_says_what_is_refused(
    configure, monkeypatch, rank, says
):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SystemExit) as end:
        start(configure("batch=1000"))
    assert str(end.value.code).startswith(says)
