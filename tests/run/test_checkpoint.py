"""Checkpoints: whole or not there, the newest whole one is read, and nothing in one is run."""

import errno
import io
import os
import pickle

import pytest
import torch

from robusttrain.run import checkpoint as module
from robusttrain.run.checkpoint import Checkpoints, copied, newest, read, write
from robusttrain.run.files import CHECKPOINTS, checkpoints

STATE = {
    "parameters": torch.arange(3.0),
    "part": {"names": ["a"], "pairs": {3: (1, "x")}, "no": None},
}


@pytest.fixture
def folder(tmp_path):
    """Of a run with the checkpoints after steps 10, 20 and 30, of which two are kept."""
    kept = Checkpoints(tmp_path, keep=2)
    for step in (10, 20, 30):
        kept.save(step, STATE)
    kept.wait()
    return tmp_path


def test_the_newest_are_kept_and_come_back(folder):
    assert [path.name for path in checkpoints(folder)] == ["step-00000030.pt", "step-00000020.pt"]
    names = {path.name for path in checkpoints(folder)}
    assert {path.name for path in (folder / CHECKPOINTS).iterdir()} == names
    path, step, state = newest(folder)
    assert (path, step) == (checkpoints(folder)[0], 30)
    assert torch.equal(state.pop("parameters"), STATE["parameters"])
    assert state["part"] == STATE["part"]


def test_what_changes_after_it_was_saved_is_not_in_it(tmp_path, monkeypatch):
    checkpoints, vector = Checkpoints(tmp_path, keep=1), torch.zeros(3)
    wait, begin = [], module.write
    monkeypatch.setattr(module, "write", lambda *a: (wait.append(vector.fill_(1)), begin(*a)))
    checkpoints.save(1, {"parameters": vector, "list": [vector]})
    checkpoints.wait()
    assert wait
    state = newest(tmp_path)[2]
    assert state["parameters"].tolist() == state["list"][0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("place", [0, 25, 60, 300, -1])
def test_of_a_damaged_one_the_one_before_is_used_and_the_log_says_so(folder, caplog, place):
    path = checkpoints(folder)[0]
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)
    assert newest(folder)[1] == 20
    assert str(path) in caplog.text


@pytest.mark.parametrize("length", [0, 10, 200, -1])
def test_one_that_is_cut_off_is_damaged(folder, length):
    path = checkpoints(folder)[0]
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="damaged"):
        read(path)


def test_if_all_are_damaged_that_is_an_error(folder):
    for path in checkpoints(folder):
        path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"all checkpoints in .* are damaged; start the run anew"):
        newest(folder)
    assert newest(folder / "none") is None


def test_one_of_a_later_format_is_refused(folder, monkeypatch):
    monkeypatch.setattr(module, "FORMAT", 0)
    with pytest.raises(ValueError, match="has format 1, and this version of robusttrain reads 0"):
        read(checkpoints(folder)[0])


def test_nothing_in_one_is_run(tmp_path, monkeypatch):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    def save(state, buffer):
        torch_save(state, buffer, pickle_module=pickle)

    torch_save = torch.save
    monkeypatch.setattr(torch, "save", save)
    write(tmp_path / "step-1.pt", 1, {"bomb": Bomb()})
    with pytest.raises(ValueError, match="holds other things than numbers, and is not loaded"):
        read(tmp_path / "step-1.pt")
    assert not (tmp_path / "ran").exists()
    buffer = io.BytesIO()
    torch_save({"bomb": Bomb()}, buffer)
    torch.load(buffer.seek(0) or buffer, weights_only=False)
    assert (tmp_path / "ran").exists(), "it was no bomb"


def test_a_full_disk_is_told_of_once_and_training_goes_on(tmp_path, monkeypatch, caplog):
    full = OSError(errno.ENOSPC, "No space left on device")
    begin, fails = module.write, [True, True, False, True]

    def write(path, step, state):
        path.with_suffix(".partial").touch()
        if fails.pop(0):
            raise full
        begin(path, step, state)

    monkeypatch.setattr(module, "write", write)
    checkpoints, told = Checkpoints(tmp_path, keep=1), []
    for step in (1, 2, 3, 4):
        checkpoints.save(step, STATE)
        checkpoints.wait()
        told.append(caplog.text.count("No space left on device); training goes on"))
    assert told == [1, 1, 1, 2]
    assert newest(tmp_path)[1] == 3
    assert not list((tmp_path / CHECKPOINTS).glob("*.partial"))


def test_a_copy_shares_nothing():
    inner = {"a": [torch.ones(2), (torch.ones(1), 3)]}
    twin = copied(inner)
    inner["a"][0].zero_()
    inner["a"][1][0].zero_()
    assert twin["a"][0].tolist() == [1, 1]
    assert twin["a"][1][0].tolist() == [1]
    assert twin["a"][1][1] == 3
