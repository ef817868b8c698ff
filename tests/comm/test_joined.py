"""Joined: what the hub is handed; tests/comm/test_hub.py has what it does with it."""

from robusttrain.comm.joined import Joined
from robusttrain.comm.machine import Machine


def test_it_is_a_rank_its_link_and_its_machine():
    machine = Machine("node-7", "cpu", 4711)
    joined = Joined(3, None, machine)
    assert (joined.rank, joined.link, joined.machine) == (3, None, machine)
