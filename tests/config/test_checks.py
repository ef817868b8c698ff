"""Numbers, switches and versions, each refused by its name."""

import pytest

from robusttrain.config import checks
from robusttrain.values import shown


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "3", None])
def test_a_whole_number_is_one(value):
    with pytest.raises(ValueError, match=rf"key={shown(value)} must be a whole number >= 1; use 1"):
        checks.at_least("key", value, 1)
    checks.at_least("key", 1, 1)


@pytest.mark.parametrize(
    ("batch", "tasks", "samples", "remedy"),
    [
        (0, 5, 100, "whole number >= 1"),
        (4, 5, 100, "use batch=5"),
        (12, 5, 100, "use batch=10 or batch=15"),
        (105, 5, 104, "use batch=100"),
        (10, 10, 9, "fewer workers"),
    ],
)
def test_a_batch_is_cut_into_equal_tasks(batch, tasks, samples, remedy):
    with pytest.raises(ValueError, match=remedy):
        checks.check_batch(batch, tasks, samples)
    checks.check_batch(10, 5, 10)


@pytest.mark.parametrize(
    ("wanted", "world", "auditor", "words"),
    [
        (3, None, 4, "audit.rank=4"),
        (6, None, 0, "runtime.ranks=6"),
        (3, 6, 0, "torchrun's worker ranks=6"),
        (1, None, 1, "rank 1 aside"),
    ],
)
def test_every_worker_rank_hosts_a_worker(wanted, world, auditor, words):
    with pytest.raises(ValueError, match=words):
        checks.check_ranks(5, wanted, world, auditor)
    checks.check_ranks(5, 5, None, 0)
    checks.check_ranks(5, 3, 2, 2)


def test_fewer_than_half_are_assumed_and_at_most_all_lie():
    checks.check_liars(5, 2, 5)
    with pytest.raises(ValueError, match="use at most 2"):
        checks.check_liars(5, 3, 0)
    with pytest.raises(ValueError, match=r"threat\.byzantine=6"):
        checks.check_liars(5, 2, 6)


@pytest.mark.parametrize(
    ("steps", "action", "says"),
    [(0, "stop", "divergence.steps=0 must be a whole number >= 1"),
     (1.5, "warn", "divergence.steps=1.5"), (True, "warn", "divergence.steps=true"),
     (10, "halt", "divergence.action=halt must be stop or warn")],
)  # fmt: skip
def test_what_is_done_when_a_run_diverges_is_known(steps, action, says):
    with pytest.raises(ValueError, match=says):
        checks.check_divergence(steps, action)
    checks.check_divergence(1, "warn")


def test_torch_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setattr(checks, "version", lambda name: "2.10.1+cpu")
    with pytest.raises(ValueError, match=r"torch 2\.10\.1\+cpu .* needs torch >= 2\.11"):
        checks.check_versions()
    monkeypatch.setattr(checks, "version", lambda name: "2.11.0a0+gpu")
    checks.check_versions()
