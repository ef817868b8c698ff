"""Ranks that were started together: rank 0 tries a step, and says what any of them refuses."""

import pytest
import torch.distributed as dist

from robusttrain.comm.torchrun import CHECKED
from robusttrain.config.recipe import recipe
from robusttrain.run import agree as module
from robusttrain.run.agree import agree
from robusttrain.run.vectorize import told


class Left(Exception):
    """In the place of the end of the process."""


@pytest.fixture
def ranked(monkeypatch, configure, small, tmp_path):
    """ranked(rank, refused, tried): the configuration is checked on that rank.

    refused: what `first_refusal` returns there, given its own refusal. tried: a list to which the
    trial adds.
    """

    def run(rank, refused=lambda own: own, tried=None, check=None):
        def leave():
            raise Left

        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setenv("WORLD_SIZE", "2")
        monkeypatch.setattr(module, "meeting_place", lambda seconds: None)
        monkeypatch.setattr(module, "first_refusal", lambda s, r, n, own, seconds: refused(own))
        monkeypatch.setattr(module, "leave", leave)
        monkeypatch.setattr(module, "trial", lambda made, ranks: (tried or []).append(ranks))
        words = (*small, f"run.root={tmp_path}")
        return agree(check or (lambda: recipe(configure(*words), 1)))

    return run


def fail():
    raise ValueError("batch=7")


def test_rank_0_alone_tries_a_step_unless_its_parent_did(ranked, monkeypatch):
    tried = [0]
    monkeypatch.delenv(CHECKED, raising=False)
    assert ranked(0, tried=tried).workers == 5
    ranked(1, tried=tried)
    assert tried == [0, 1]
    monkeypatch.setenv(CHECKED, "1")
    ranked(0, tried=tried)
    assert tried == [0, 1]


def test_rank_0_raises_what_it_or_another_refuses(ranked):
    with pytest.raises(ValueError, match=r"^batch=7$"):
        ranked(0, check=fail)
    with pytest.raises(ValueError, match=r"^rank 1: data\.root"):
        ranked(0, refused=lambda own: "rank 1: data.root")


def test_a_worker_rank_ends_silently(ranked):
    with pytest.raises(Left):
        ranked(1, refused=lambda own: "rank 0 says why")
    with pytest.raises(Left):
        ranked(1, check=fail)


def test_the_way_that_rank_0_measured_is_told_to_the_others(ranked, configure, small, monkeypatch):
    store = dist.HashStore()
    monkeypatch.delenv(CHECKED, raising=False)
    monkeypatch.setattr(module, "apart", lambda given, about: store)
    words = (*small, "objective.vectorize=auto")

    class Chosen(list):
        def append(self, ranks):
            told(made, "batched")

    made = recipe(configure(*words), 1)
    assert ranked(0, tried=Chosen([1]), check=lambda: made) is made
    other = ranked(1, check=lambda: recipe(configure(*words), 1))
    assert other.objective.vectorize == other.config["objective"]["vectorize"] == "batched"
    assert other.fingerprint() == made.fingerprint()
