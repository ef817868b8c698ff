"""What a rule or a pre-aggregator remembers from one aggregation to the next."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Memory:
    """Named tensors; empty at first. Held by objects that are frozen in all other respects."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}

    @classmethod
    def holding(cls, **tensors: Tensor) -> "Memory":
        """A memory of its own that holds `tensors`."""
        memory = cls()
        memory.tensors = tensors
        return memory

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
    """The rows of anchor `name` beside a block [n, b] from column `place` on; zero at first.

    Of a history [m, D], m >= n, the first n rows.
    """
    past = memory.tensors.get(name)
    rows = len(block) if name == "history" else 1
    if name == "origin" or past is None:
        return block.new_zeros(rows, block.shape[1])
    piece = torch.atleast_2d(past)[:rows, place : place + block.shape[1]]
    if piece.shape[1] != block.shape[1]:
        given = "root" if name == "root" else f"{name} that is remembered"
        remedy = "" if name == "root" else "; reset the memory"
        raise ValueError(
            f"the {given} has {past.shape[-1]} coordinates, the vectors have "
            f"{place + block.shape[1]} or more{remedy}"
        )
    return piece.to(block)


def arranged(memory: Memory, workers: np.ndarray) -> None:
    """Put the history of each of `workers` [n] in its place among the first n rows.

    Zero for a worker that is new; those of all other workers follow.
    """
    past = memory.tensors.get("history")
    if past is None:
        return
    known = memory.tensors["workers"].tolist()
    order = [*workers.tolist(), *sorted(set(known).difference(workers.tolist()))]
    if order != known:
        rows = past.new_zeros(len(order), past.shape[1])
        old = [place for place, worker in enumerate(order) if worker in known]
        rows[old] = past[[known.index(order[place]) for place in old]]
        memory.tensors = {**memory.tensors, "history": rows, "workers": torch.tensor(order)}


def carry(memory: Memory, history: Tensor, workers: np.ndarray) -> None:
    """Make `history` [n, D] that of `workers` [n], which are arranged; others keep theirs."""
    known, past = torch.from_numpy(workers), memory.tensors.get("history")
    if past is not None and len(past) > len(history):
        known, history = memory.tensors["workers"], torch.cat([history, past[len(history) :]])
    memory.tensors |= {"history": history, "workers": known}
