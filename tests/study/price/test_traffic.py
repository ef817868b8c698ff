"""Bytes are counted by what they belong to."""

from robusttrain.benchmark.phases import Phases
from robusttrain.comm.link import Kind, Message, table
from robusttrain.study.price.traffic import count, counted


def test_bytes_are_counted_by_what_they_belong_to():
    phases = Phases()
    for kind in (Kind.SUM, Kind.SUM, Kind.CLAIMS, Kind.STOP):
        count(phases, Message(kind, payload=table(b"four")))
    assert phases.bytes == {"pull": 2 * (48 + 4), "claims": 48 + 4}


def test_what_is_posted_and_what_is_received_is_counted():
    phases, message = Phases(), Message(Kind.PUBLISH, payload=table(b"four"))
    assert counted(phases, lambda link, message: "posted")(None, message) == "posted"
    assert counted(phases, lambda link, limit: message)(None, 9) is message
    assert phases.bytes == {"publish": 2 * (48 + 4)}
