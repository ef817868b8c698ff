"""Pairs: what one end sends, the other receives."""

import pytest

from robusttrain.comm.link import Kind, Message, table
from robusttrain.comm.pairs import SECONDS, identity, raw_pair, tls_pair


@pytest.mark.parametrize("make", [tls_pair])
def test_both_ends_hear_each_other(make):
    ends = make()
    for here, there in (ends, ends[::-1]):
        here.send(Message(Kind.COMMIT, 7, payload=table(b"abc")), SECONDS)
        message = there.receive(3, SECONDS)
        assert (message.step, message.bytes().tobytes()) == (7, b"abc")
    for end in ends:
        end.close()


def test_a_raw_pair_is_after_its_handshake():
    near, far = raw_pair()
    assert near.version() == far.version() == "TLSv1.3"
    near.close()
    far.close()


def test_an_identity_is_made_once():
    assert identity("rank 1") is identity("rank 1")
    assert identity("rank 1") is not identity("server")
