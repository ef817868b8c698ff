"""What is remembered."""

from dataclasses import dataclass, field

import pytest
import torch

from robusttrain.defense.streaming.memory import Memory, memory_of, recalled, remembering


@dataclass(frozen=True)
class Thing:
    f: int | None
    memory: Memory = field(default_factory=Memory, compare=False)


def test_state_goes_out_and_in_and_away():
    memory, other = Memory(), Memory()
    memory.tensors["centre"] = torch.ones(3)
    other.load_state_dict(memory.state_dict())
    assert torch.equal(other.tensors["centre"], torch.ones(3))
    memory.reset()
    assert memory.state_dict() == {}
    assert "centre" in other.tensors


def test_a_memory_is_used_only_if_it_is_to_be():
    thing = Thing(3)
    assert memory_of(thing, True) is thing.memory
    assert memory_of(thing, False) is not thing.memory
    assert memory_of(object(), True).state_dict() == {}


def test_rows_beside_a_block():
    memory, block = Memory(), torch.zeros(4, 2)
    assert recalled(memory, "centre", block, 0).shape == (1, 2)
    assert recalled(memory, "history", block, 0).shape == (4, 2)
    memory.tensors["centre"] = torch.arange(5.0)
    memory.tensors["history"] = torch.ones(4, 5)
    assert recalled(memory, "centre", block, 3).tolist() == [[3.0, 4.0]]
    assert recalled(memory, "history", block, 1).all()
    assert not recalled(memory, "history", block[:3], 1).any()
    with pytest.raises(ValueError, match="centre that is remembered has 5 coordinates"):
        recalled(memory, "centre", block, 4)


def test_memory_is_shared_with_the_like_only_and_in_pools():
    @dataclass(frozen=True)
    class Pool:
        rules: tuple

    @dataclass(frozen=True)
    class Other(Thing):
        pass

    old, new = Pool((Thing(1), Thing(2))), Pool((Thing(4), Other(5)))
    own = new.rules[1].memory
    new = remembering(new, old)
    assert new.rules[0].memory is old.rules[0].memory
    assert new.rules[1].memory is own is not old.rules[1].memory
