"""Files are whole or not there."""

import pytest
import torch
from torch import nn

from robusttrain.run import files


def test_parameters_are_read_back_on_any_device(tmp_path):
    weights = {"w": torch.arange(6.0).view(2, 3)[:, 1:], "b": torch.ones(1)}
    files.save(tmp_path / "model.pt", weights)
    loaded = torch.load(tmp_path / "model.pt", weights_only=True)
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[k], weights[k]) for k in weights)
    assert loaded["w"].untyped_storage().nbytes() == 4 * 4, "the rest of the vector stays here"


def test_a_whole_state_loads_strictly():
    """A tied parameter under both names, a frozen one and a buffer beside the trained ones."""

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(3, 3)
            self.tied = self.first
            self.frozen = nn.Parameter(torch.full((2,), 7.0), requires_grad=False)
            self.register_buffer("count", torch.arange(4))
            self.register_buffer("passing", torch.zeros(1), persistent=False)

    model, again = Odd(), Odd()
    trained = {"first.weight": torch.ones(3, 3), "first.bias": torch.zeros(3)}
    state = files.whole_state(model, trained)
    again.load_state_dict(state, strict=True)
    assert set(state) == {
        "first.weight", "first.bias", "tied.weight", "tied.bias", "frozen", "count"
    }  # fmt: skip
    assert torch.equal(again.first.weight, torch.ones(3, 3))
    assert torch.equal(state["tied.weight"], torch.ones(3, 3))
    assert not torch.equal(model.first.weight, torch.ones(3, 3))


def test_tensors_that_are_one_are_saved_once(tmp_path):
    one = torch.zeros(1000)
    files.save(tmp_path / "model.pt", {"a": one, "b": one, "c": one + 1})
    loaded = torch.load(tmp_path / "model.pt", weights_only=True)
    assert loaded["a"].data_ptr() == loaded["b"].data_ptr() != loaded["c"].data_ptr()


def test_a_text_that_cannot_be_written_leaves_the_old_one(tmp_path):
    files.write_text(tmp_path / "summary.json", "old")
    with pytest.raises(UnicodeEncodeError):
        files.write_text(tmp_path / "summary.json", "\ud800")
    assert (tmp_path / "summary.json").read_text() == "old"


def test_a_run_with_a_checkpoint_goes_on_by_its_folders_name(tmp_path):
    run = tmp_path / "it is"
    (run / files.CHECKPOINTS).mkdir(parents=True)
    assert files.going_on(run) is None
    (run / files.CHECKPOINTS / "step-00000001.pt").touch()
    assert files.going_on(run) == f"run.root={tmp_path} 'run.name=it is' resume=auto"
