"""Assembled: who counts, and who is named; over real doors: tests/comm/test_apart.py."""

from types import SimpleNamespace

import pytest

from robusttrain.comm.assembled import assembled
from robusttrain.comm.bell import Bell
from robusttrain.comm.joined import Joined
from robusttrain.comm.losses import RanksMissing


def door(*ranks, turned=()):
    closed = []
    link = SimpleNamespace(close=lambda: closed.append("link"))
    refused = {rank: SimpleNamespace(reason="runs something else", traceback="") for rank in turned}
    return SimpleNamespace(
        waiting=lambda: [Joined(rank, link, None) for rank in ranks], turned=refused,
        close=lambda: closed.append("door"), closed=closed,
    )  # fmt: skip


def test_as_many_as_are_enough_are_handed_on():
    assert list(assembled(door(1, 2), Bell(), 2, 2, 0.01)) == [1, 2]
    assert list(assembled(door(2), Bell(), 2, 1, 0.01)) == [2]
    assert list(assembled(door(2, turned=[1]), Bell(), 2, 1, 0.01, again=True)) == [2]


@pytest.mark.parametrize("again", [False, True])
def test_the_first_that_is_not_there_is_named_and_all_is_closed(again):
    for turned, why in ([], "rank 1 did not join within 0.01 s"), ([1], "rank 1 runs something"):
        waits = door(2, turned=turned)
        with pytest.raises(RanksMissing, match=why):
            assembled(waits, Bell(), 2, 2, 0.01, again)
        assert waits.closed == ["door", "link"]
