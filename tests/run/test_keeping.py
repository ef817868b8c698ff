"""Keeping: which steps are saved, and what a run that is stopped leaves."""

import pytest
import torch

from robusttrain.protocol.exchange import Exchange
from robusttrain.run.checkpoint import newest
from robusttrain.run.files import checkpoints
from robusttrain.run.keeping import Keeping
from robusttrain.run.state import Whole


class Talk(Exchange):
    open = False
    settle = None


@pytest.fixture
def made(tmp_path):
    """made(every=0) -> what keeps a run of five steps, whether that is to stop, its exchange."""

    def make(every=0):
        stop, talk, vector = [], Talk(), torch.zeros(1)
        config = {"checkpoint": {"every": every, "keep": 9}, "steps": 5}
        return Keeping(config, tmp_path, Whole(vector, {}), talk, lambda: bool(stop)), stop, talk

    return make


def saved(keeping):
    keeping.last()
    return [int(path.stem[-8:]) for path in reversed(checkpoints(keeping.folder))]


@pytest.mark.parametrize(
    ("every", "due"), [(0, []), (1, [1, 2, 3, 4, 5]), (2, [2, 4, 5]), (9, [5])]
)
def test_every_so_many_steps_and_the_last_are_saved(made, every, due):
    keeping, *_ = made(every)
    assert [step + 1 for step in range(5) if keeping.closes(step)] == due
    assert [step + 1 for step in range(5) if keeping.keep(step)] == due
    assert saved(keeping) == due


def test_a_run_that_is_to_stop_saves_the_first_step_that_leaves_nothing_open(made):
    keeping, stop, talk = made()
    assert not keeping.keep(0)
    stop.append(1)
    assert keeping.closes(1)
    talk.open = True  # the signal came when it was not asked any more
    assert not keeping.keep(1)
    talk.open = False
    assert keeping.keep(2)
    assert saved(keeping) == [3]
    keeping.keep_last()
    assert saved(keeping) == [3]


@pytest.mark.parametrize("word", ["before a step", "open", "then open", "heard", "standing"])
def test_of_a_step_that_is_broken_off_nothing_is_saved(made, word):
    keeping, _, talk = made()
    if word != "before a step":
        talk.open = word == "open"
        keeping.keep(1)
        talk.open = word == "then open"
    if word == "heard":
        talk.heard()
    keeping.keep_last()
    assert saved(keeping) == ([2] if word == "standing" else [])
    if word == "standing":
        assert newest(keeping.folder)[1] == 2
