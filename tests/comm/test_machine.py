"""Where a rank runs: short text that survives the wire, and that nothing hostile gets through."""

import json
import os
import socket

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robusttrain.comm import machine
from robusttrain.comm.machine import MACHINE_BYTES, Machine

SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .:_()+-?")


def test_this_process_is_told_and_read():
    here = Machine.here(torch.device("cpu"))
    assert (here.host, here.device, here.pid) == (socket.gethostname()[:64], "cpu", os.getpid())
    payload = here.encode()
    assert len(payload) == MACHINE_BYTES
    assert Machine.decode(payload) == here
    assert str(here) == f"{here.host}, cpu, pid {os.getpid()}"


@given(st.binary(max_size=2 * MACHINE_BYTES))
def test_whatever_comes_is_short_printable_and_fits_again(payload):
    told = Machine.decode(payload)
    assert set(told.host + told.device) <= SAFE
    assert 0 < len(told.host) <= 64
    assert 0 < len(told.device) <= 110
    assert told.pid is None or 0 <= told.pid < 10**10
    assert json.loads(json.dumps(vars(told))) == vars(told)
    assert Machine.decode(told.encode()) == told


def test_commands_for_a_terminal_are_taken_out():
    told = Machine.decode(b"\x1b[2J[red]a\ncpu\r\x07\n-5")
    assert (told.host, told.device, told.pid) == ("??2J?red?a", "cpu??", None)
    assert str(told).endswith("pid unknown")
    assert str(Machine.decode(b"")) == "unknown, unknown, pid unknown"


def test_what_the_launcher_knows_goes_first():
    told = Machine("elsewhere", "cpu", 7)
    known = told.on("node-1")
    assert (told.host_from, known.host_from) == ("rank", "launcher")
    assert (known.host, known.device, known.pid) == ("node-1", "cpu", 7)


@pytest.mark.parametrize("uuid", ["5f3c0000-0000-4000-8000-00000000000a", "GPU-5f3c", None])
def test_a_gpu_is_named_with_its_uuid(monkeypatch, uuid):
    class Properties:
        name = "A GPU [with a name]" + 99 * "x"

    if uuid is not None:
        Properties.uuid = uuid
    monkeypatch.setattr(machine.torch.cuda, "get_device_properties", lambda device: Properties)
    text = machine.describe(torch.device("cuda:1"))
    assert text.startswith("cuda:1 A GPU ?with a name?x")
    assert len(text) <= 110
    ends = {None: "without UUID", "GPU-5f3c": " GPU-5f3c"}
    assert text.endswith(ends.get(uuid, f" GPU-{uuid}"))
