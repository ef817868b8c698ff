"""What a rule or a pre-aggregator remembers from one aggregation to the next."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor


class Memory:
    """Named tensors; empty at first. Held by objects that are frozen in all other respects."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}

    def state_dict(self) -> dict[str, Tensor]:
        return dict(self.tensors)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        self.tensors = dict(state)

    def reset(self) -> None:
        self.tensors.clear()


def remembering(new: Any, old: Any) -> Any:
    """`new` with the memory of `old` if they are of one kind; so for each rule of a pool."""
    if type(new) is not type(old):
        return new
    if hasattr(old, "memory"):
        return replace(new, memory=old.memory)
    if hasattr(old, "rules"):
        pairs = zip(new.rules, old.rules, strict=True)
        return replace(new, rules=tuple(remembering(*pair) for pair in pairs))
    return new


def memory_of(part: Any, remember: bool) -> Memory:
    """What the rule or stage remembers; an empty memory if it has none, or is not to use it."""
    memory: Memory = part.memory if remember and hasattr(part, "memory") else Memory()
    return memory


def recalled(memory: Memory, name: str, block: Tensor, place: int) -> Tensor:
    """The rows of anchor `name` beside a block [n, b] from column `place` on; zero at first."""
    past = memory.tensors.get(name)
    rows = len(block) if name == "history" else 1
    if name == "origin" or past is None or (past.ndim == 2 and len(past) != rows):
        return block.new_zeros(rows, block.shape[1])
    piece = past.view(-1, past.shape[-1])[:, place : place + block.shape[1]]
    if piece.shape[1] != block.shape[1]:
        raise ValueError(
            f"the {name} that is remembered has {past.shape[-1]} coordinates, the vectors have "
            f"{place + block.shape[1]} or more; reset the memory"
        )
    return piece.to(block)
