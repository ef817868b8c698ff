"""Schedules: the faultless one changes nothing."""

import pytest

from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.protocol.schedule import Delivery, on_time


@pytest.mark.parametrize("message", [Message(Kind.ROWS, 3), LinkError("broke")])
def test_on_time_delivers_each_message_once_as_it_was_sent(message):
    sent = Delivery(2, True, 4.5, message)
    (delivery,) = on_time(sent)
    assert delivery is sent
