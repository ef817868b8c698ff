"""HELLO: what a rank says first."""

import pytest
import torch

from robusttrain.comm.hello import HELLO_BYTES, Hello, hello
from robusttrain.comm.link import Kind
from robusttrain.comm.machine import Machine

MARK = bytes(range(32))


def test_it_is_read_back_and_of_one_size():
    machine = Machine("node-7", "cuda:0 GPU-5f3c", 4711)
    said = Hello(MARK, machine).encode()
    assert len(said) == HELLO_BYTES
    assert Hello.decode(said) == Hello(MARK, machine)


@pytest.mark.parametrize("said", [b"", MARK[:31], MARK, MARK + b"\xff\n\x1b[2J\n" + bytes(999)])
def test_anything_can_be_read(said):
    assert str(Hello.decode(said).machine).isprintable()
    assert Hello.decode(said).fingerprint == said[:32]


@pytest.mark.parametrize(
    ("failure", "kind", "said"),
    [(b"", Kind.HELLO, MARK + Machine.here(torch.device("cpu")).encode()),
     (b"E: x", Kind.FAILED, b"E: x")],
)  # fmt: skip
def test_a_rank_says_who_it_is_or_that_it_failed(failure, kind, said):
    message = hello(MARK, torch.device("cpu"), failure)
    assert (message.kind, message.bytes().tobytes()) == (kind, said)
