"""Frames between two ranks over real sockets: what is no frame ends the link, and nothing else."""

import pytest
import torch
from support import PATIENCE

from robusttrain.comm.group_link import first_line, to_host
from robusttrain.comm.link import MAGIC, Kind, LinkError, table

LIMIT, LONG = 1000, 60 * PATIENCE


def header(*numbers: int):
    """A peer that sends these int64 numbers in place of a header."""
    return lambda link: link.control.send([torch.tensor(numbers)], 0, 0).wait()


@pytest.mark.parametrize(
    "numbers",
    [
        (MAGIC, Kind.COMMIT, 0, 0, 0, LIMIT + 1),
        (MAGIC, Kind.COMMIT, 0, 0, 0, -1),
        (MAGIC, 99, 0, 0, 0, 3),
        (1, 2, 3, 4, 5, 6),
        (0,),
    ],
)
def test_what_is_no_header_is_refused_before_a_payload_is_read(group_meeting, numbers):
    link = group_meeting.join(header(*numbers))[1]
    with pytest.raises(LinkError, match=r"broke the protocol: header \[.*\], limit 1000"):
        link.receive(LIMIT, LONG)
    assert link.received == 0


def test_a_peer_that_never_joins_is_reported(group_meeting):
    with pytest.raises(LinkError, match="did not join within 1 s"):
        group_meeting.link(1, side=0, seconds=1)


def test_bytes_in_host_memory_are_not_copied():
    payload = table(b"abc")
    assert to_host(payload) is payload


@pytest.mark.parametrize(
    ("text", "line"),
    [("[/pytorch/gloo.cc:12] Timed out\nframe 1", "Timed out"), ("plain", "plain"),
     ("", "RuntimeError('')")],
)  # fmt: skip
def test_an_error_of_torch_is_told_in_one_line(text, line):
    assert first_line(RuntimeError(text)) == line
