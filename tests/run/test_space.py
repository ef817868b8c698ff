"""Room on the disk, checked before a rank starts."""

import shutil
from collections import namedtuple

import pytest

from robusttrain.config.recipe import recipe
from robusttrain.run.space import check_space


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
