"""Keeping: which steps are saved."""

from types import SimpleNamespace

import pytest
import torch

from robusttrain.run.files import checkpoints
from robusttrain.run.keeping import Keeping
from robusttrain.run.state import Whole


@pytest.mark.parametrize(
    ("every", "saved"), [(0, []), (1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (9, [5])]
)
def test_every_so_many_steps_and_the_last_are_saved(tmp_path, every, saved):
    config = {"checkpoint": {"every": every, "keep": 9}, "steps": 5}
    keeping = Keeping(config, tmp_path, Whole(torch.zeros(1), {}))
    for step in range(5):
        keeping(SimpleNamespace(plan=SimpleNamespace(step=step)))
    keeping.checkpoints.wait()
    names = [path.name for path in reversed(checkpoints(tmp_path))]
    assert names == [f"step-{step:08}.pt" for step in saved]
    assert [step + 1 for step in range(5) if keeping.due(step)] == saved
