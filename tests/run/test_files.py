"""Files are whole or not there."""

import pytest
import torch

from robusttrain.run import files


def test_parameters_are_read_back_on_any_device(tmp_path):
    weights = {"w": torch.arange(6.0).view(2, 3)[:, 1:], "b": torch.ones(1)}
    files.save(tmp_path / "model.pt", weights)
    loaded = torch.load(tmp_path / "model.pt", weights_only=True)
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[k], weights[k]) for k in weights)
    assert loaded["w"].untyped_storage().nbytes() == 4 * 4, "the rest of the vector stays here"


def test_a_text_that_cannot_be_written_leaves_the_old_one(tmp_path):
    files.write_text(tmp_path / "summary.json", "old")
    with pytest.raises(UnicodeEncodeError):
        files.write_text(tmp_path / "summary.json", "\ud800")
    assert (tmp_path / "summary.json").read_text() == "old"
