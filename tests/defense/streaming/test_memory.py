"""What is remembered."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from robusttrain.defense.streaming.memory import (
    Memory,
    arranged,
    carry,
    memory_of,
    recalled,
    remembering,
)


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
    assert recalled(memory, "history", block[:3], 1).shape == (3, 2)
    assert recalled(memory, "history", block[:, :0], 5).shape == (4, 0)
    memory.tensors["root"] = torch.ones(1)
    with pytest.raises(ValueError, match=r"the root has 1 coordinates, .* have 2 or more$"):
        recalled(memory, "root", block, 0)
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


def test_a_history_follows_its_workers():
    memory = Memory()
    arranged(memory, np.array([4, 2]))
    assert memory.state_dict() == {}
    carry(memory, torch.tensor([[4.0], [2.0]]), np.array([4, 2]))
    arranged(memory, np.array([2, 7]))
    assert memory.tensors["workers"].tolist() == [2, 7, 4]
    assert memory.tensors["history"].tolist() == [[2.0], [0.0], [4.0]]
    carry(memory, torch.tensor([[20.0], [70.0]]), np.array([2, 7]))
    assert memory.tensors["history"].tolist() == [[20.0], [70.0], [4.0]]
    before = memory.tensors["history"]
    arranged(memory, np.array([2, 7, 4]))
    assert memory.tensors["history"] is before, "nothing is copied where the order is the same"
