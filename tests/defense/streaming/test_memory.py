"""What is remembered."""

from dataclasses import dataclass, field

import pytest
import torch

from robusttrain.defense.streaming.memory import Memory, changed, fewer, recalled, share


@dataclass(frozen=True)
class Thing:
    f: int | None
    memory: Memory = field(default_factory=Memory, init=False, compare=False)


def test_state_goes_out_and_in_and_away():
    memory, other = Memory(), Memory()
    memory.tensors["centre"] = torch.ones(3)
    other.load_state_dict(memory.state_dict())
    assert torch.equal(other.tensors["centre"], torch.ones(3))
    memory.reset()
    assert memory.state_dict() == {}
    assert "centre" in other.tensors


def test_another_f_shares_the_memory():
    thing = Thing(3)
    assert (fewer(thing, 1).f, fewer(thing, 5).f) == (2, 0)
    assert fewer(thing, 1).memory is changed(thing, f=9).memory is thing.memory
    assert fewer(thing, 0) is thing
    assert fewer(Thing(None), 2).f is None


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

    old, new = Pool((Thing(1), Thing(2), Thing(3))), Pool((Thing(4), Other(5)))
    own = new.rules[1].memory
    share(new, old)
    assert new.rules[0].memory is old.rules[0].memory
    assert new.rules[1].memory is own is not old.rules[1].memory
