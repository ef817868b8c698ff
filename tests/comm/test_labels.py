"""Labels: the message that is waited for, what is stale, what breaks the protocol."""

from dataclasses import replace

import pytest

from robusttrain.comm.labels import is_due, label
from robusttrain.comm.link import Kind, LinkError, Message, table

WANTED = Message(Kind.ROWS, 7, 2, 3)
SENT = replace(WANTED, payload=table(b"four"))


def test_a_message_belongs_to_its_kind_step_pull_and_index():
    assert label(SENT) == ("ROWS", 7, 2, 3)


def test_what_is_wanted_is_due():
    assert is_due(SENT, WANTED, 4)


@pytest.mark.parametrize("older", [{"step": 6, "pull": 9}, {"pull": 1}])
def test_what_is_of_an_earlier_step_or_pull_is_not(older):
    """Whatever else it is."""
    assert not is_due(replace(SENT, index=9, kind=Kind.COMMIT, **older), WANTED, 4)


@pytest.mark.parametrize(
    "other", [{"step": 8}, {"pull": 3}, {"index": 2}, {"kind": Kind.LEAVES}, {"payload": None}]
)
def test_anything_else_breaks_the_protocol(other):
    sent = replace(SENT, **other)
    with pytest.raises(LinkError) as error:
        is_due(sent, WANTED, 4)
    said = f"{label(sent)} of {sent.size} bytes where {label(WANTED)} of 4 was due"
    assert str(error.value) == f"broke the protocol: {said}"
