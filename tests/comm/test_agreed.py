"""All ranks go on or none, whoever refuses."""

import threading

import pytest
import torch.distributed as dist
from support import PATIENCE

from robusttrain.comm.agreed import apart, as_rank_1, first_refusal, from_server

LONG = 60.0 * PATIENCE


def together(refusals, seconds=LONG):
    """rank -> what it is told to stop for, with refusals[rank] its own; None: it never comes."""
    store, told = dist.HashStore(), {}

    def be(rank, refused):
        told[rank] = first_refusal(store, rank, len(refusals) - 1, refused, seconds)

    threads = [
        threading.Thread(target=be, args=item)
        for item in enumerate(refusals)
        if item[1] is not None
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * LONG)
    return told


def test_nobody_refuses():
    assert together(["", "", ""]) == {0: "", 1: "", 2: ""}


def test_rank_0_refuses_and_does_not_wait_for_the_others():
    told = together(["batch=7", "", "lr"])
    assert told[0] == "batch=7"
    assert all(told[rank] for rank in (1, 2))


def test_a_worker_rank_that_refuses_is_named_on_rank_0():
    told = together(["", "", "data.root=/x"])
    assert told[0] == "rank 2: data.root=/x"
    assert all(told[rank] for rank in (1, 2))


def test_a_worker_rank_that_is_silent_is_left_to_the_links():
    assert together(["", None], seconds=0.1) == {0: ""}


def test_without_rank_0_a_worker_rank_gives_up():
    with pytest.raises(RuntimeError, match="no word of refused/0 for 0 s"):
        first_refusal(dist.HashStore(), 1, 1, "", 0.1)


def test_worker_ranks_compare_with_rank_1():
    store = dist.HashStore()
    assert as_rank_1(store, 1, "a", LONG)
    assert as_rank_1(store, 2, "a", LONG)
    assert not as_rank_1(store, 3, "b", LONG)
    with pytest.raises(RuntimeError, match="no word of value"):
        as_rank_1(dist.HashStore(), 2, "a", 0.1)


def test_agreements_in_one_store_are_apart():
    store = dist.HashStore()
    assert as_rank_1(apart(store, "one"), 1, "a", LONG)
    assert as_rank_1(apart(store, "other"), 1, "b", LONG)
    assert as_rank_1(apart(store, "one"), 2, "a", LONG)


def test_a_value_of_rank_0_is_told_to_all():
    store = dist.HashStore()
    with pytest.raises(RuntimeError, match="no word of value"):
        from_server(store, 1, "auto", 0.1)
    assert [from_server(store, rank, way, LONG) for rank, way in enumerate(("loop", "auto"))] == [
        "loop",
        "loop",
    ]
