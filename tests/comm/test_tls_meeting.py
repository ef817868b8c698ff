"""Ranks that were launched together meet over TLS; tests/comm/test_rendezvous.py has the rest."""

import threading

import pytest
import torch
import torch.distributed as dist
from support import PATIENCE

from robusttrain.comm.assembled import assembled
from robusttrain.comm.bell import Bell
from robusttrain.comm.hello import hello
from robusttrain.comm.link import LinkError
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.tls_meeting import open_door, way_in

LONG = 60 * PATIENCE
CPU = torch.device("cpu")
MARK = bytes(32)


def test_no_key_is_in_the_store(group_meeting):
    """And what is there is all that a rank is known by."""
    store = dist.PrefixStore("here", group_meeting.store)

    def be() -> None:
        mine = dist.PrefixStore("here", group_meeting.client())
        way_in(mine, "127.0.0.1", 1, CPU, LONG)(hello(MARK, CPU))

    threading.Thread(target=be, daemon=True).start()
    bell = Bell()
    door = open_door(store, "127.0.0.1", 1, MARK, CPU, LONG, bell)
    joined = assembled(door, bell, 1, 1, LONG)
    told = store.get("rank/1") + store.get("server/1")
    assert told.count(b"BEGIN CERTIFICATE") == 2
    assert b"PRIVATE" not in told
    assert list(joined) == [1]
    door.close()


def test_what_is_no_certificate_names_its_rank(group_meeting):
    store = dist.PrefixStore("here", group_meeting.store)
    store.set("rank/1", "x")
    with pytest.raises(RanksMissing, match="rank 1 put something else than a certificate there"):
        open_door(store, "127.0.0.1", 1, MARK, CPU, LONG, Bell())


def test_a_server_that_is_not_there_is_told_after_the_seconds(group_meeting):
    store = dist.PrefixStore("here", group_meeting.client())
    with pytest.raises(LinkError, match=r"did not join within 0\.2 s"):
        way_in(store, "127.0.0.1", 1, CPU, 0.2)
