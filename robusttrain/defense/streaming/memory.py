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


def fewer(thing: Any, bad: int) -> Any:
    """The same rule or stage after `bad` bad vectors are out: f - bad is left, at least 0."""
    if bad == 0 or getattr(thing, "f", None) is None:
        return thing
    return changed(thing, f=max(0, thing.f - bad))


def changed(thing: Any, **fields: Any) -> Any:
    """`dataclasses.replace` that shares the memory."""
    new = replace(thing, **fields)
    if hasattr(thing, "memory"):
        object.__setattr__(new, "memory", thing.memory)
    return new


def share(new: Any, old: Any) -> None:
    """Let `new` go on with what `old` remembers, if they are of one kind; so in a pool of rules."""
    if type(new) is type(old) and hasattr(old, "memory"):
        object.__setattr__(new, "memory", old.memory)
    for pair in zip(getattr(new, "rules", ()), getattr(old, "rules", ()), strict=False):
        share(*pair)


def recalled(memory: Memory, name: str, block: Tensor, place: int) -> Tensor:
    """The rows of anchor `name` beside a block [n, b] from column `place` on; zero at first."""
    found = memory.tensors.get(name)
    rows = len(block) if name == "history" else 1
    if name == "origin" or found is None or (found.ndim == 2 and len(found) != rows):
        return block.new_zeros(rows, block.shape[1])
    piece = found.view(-1, found.shape[-1])[:, place : place + block.shape[1]]
    if piece.shape[1] != block.shape[1]:
        raise ValueError(
            f"the {name} that is remembered has {found.shape[-1]} coordinates, the vectors have "
            f"{place + block.shape[1]} or more; reset the memory"
        )
    return piece.to(block)
