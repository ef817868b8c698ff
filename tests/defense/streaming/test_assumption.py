"""f that is left open, and f after some of the bad are out."""

from dataclasses import dataclass, field

from robusttrain.defense.streaming.assumption import fewer, told
from robusttrain.defense.streaming.memory import Memory


@dataclass(frozen=True)
class Thing:
    f: int | None
    memory: Memory = field(default_factory=Memory, compare=False)


def test_only_an_open_f_is_set():
    assert told(Thing(None), 4) == Thing(4)
    assert told(Thing(0), 4) == Thing(0)
    assert told("no f", 4) == "no f"


def test_what_is_out_is_no_longer_assumed():
    thing = Thing(3)
    assert (fewer(thing, 1), fewer(thing, 5)) == (Thing(2), Thing(0))
    assert fewer(thing, 0) is thing
    assert fewer(Thing(None), 2).f is None


def test_another_f_keeps_the_memory():
    thing = Thing(3)
    assert fewer(thing, 1).memory is thing.memory
    assert told(Thing(None, thing.memory), 1).memory is thing.memory
