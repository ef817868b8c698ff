"""Known: the launcher's word on the host goes first."""

import socket
from types import SimpleNamespace

from robusttrain.comm.joined import Joined
from robusttrain.comm.known import Known
from robusttrain.comm.machine import Machine

SAID = Machine("node-7", "cpu", 4711)


def test_who_comes_in_is_where_the_launcher_has_started_it(monkeypatch):
    monkeypatch.setenv("GROUP_RANK", "0")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    closed = []
    waiting = [Joined(1, None, SAID), Joined(2, None, SAID)]
    door = Known(SimpleNamespace(waiting=lambda: waiting, close=lambda: closed.append(True)))
    assert [one.machine for one in door.waiting()] == [SAID.on(socket.gethostname()), SAID]
    assert [one.rank for one in door.waiting()] == [1, 2]
    door.close()
    assert closed == [True]
