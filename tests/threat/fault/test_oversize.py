import pytest
import torch

from robusttrain.threat.fault.oversize import Oversize


def test_the_header_is_right_and_the_payload_too_long(hit):
    struck = hit()
    (sent,) = Oversize(3).strike(struck)
    assert sent.header == struck.message.header
    assert sent.payload.tolist() == [*range(8), 0, 0, 0]


def test_a_message_without_payload_gets_one(hit):
    (sent,) = Oversize(3).strike(hit(payload=()))
    assert (sent.size, sent.payload.tolist()) == (0, [0, 0, 0])
    assert sent.payload.dtype == torch.uint8


def test_it_is_refused_over_process_groups_unless_it_is_asked_for():
    assert "Gloo ends the server's process" in Oversize().refused
    assert Oversize(unsafe=True).refused == ""
    with pytest.raises(ValueError, match="extra must be a whole number >= 1"):
        Oversize(0)
