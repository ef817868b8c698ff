"""Momentum of every task, kept by the server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.preaggregator.base import Recurrent
from robusttrain.defense.streaming.memory import Memory, memory_of, recalled


@dataclass(frozen=True)
class StaticMomentum(Recurrent):
    """m_i <- beta m_i + (1 - beta) v_i; at first m_i = v_i, which is also what a plain call gives.

    i is the place of a vector among those that reach this stage: first in `preaggregator`, the
    task's number in the plan. Tasks hold fresh samples at every step, so m_i is no worker's
    momentum but an average over the last 1/(1-beta) steps of what came in that place. Its honest
    noise is (1-beta)/(1+beta) of a gradient's in variance, as worker momentum has it, because
    honest samples are fresh there too; and it comes after the vote, where it cannot make honest
    replicas differ.

    Remembers [n, D], and holds twice that while it is renewed. If the number of vectors changes
    (a task is dropped, a worker evicted), memory starts anew.

    beta: float in [0, 1).
    Precondition: n >= 1.
    Bad vectors out: a place that was forged stays bad for about 1/(1-beta) steps. f stay f only
        while the same tasks are held by the same workers (permute=false); otherwise all of them
        become a little bad.
    Passes: one more pass.
    NaN, Inf: they pass on as they are, for the rule to leave out, and m_i stays.
    Source: Karimireddy, He and Jaggi (2021), where workers keep it (beta 0.9).

    >>> stage = StaticMomentum(beta=0.5)
    >>> [next(stage.advance([torch.tensor([[x]])], remember=True)).item() for x in (2.0, 4.0)]
    [2.0, 4.0]
    """

    beta: float = 0.9
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    source: ClassVar[str] = "Karimireddy, He and Jaggi (2021)"

    def __post_init__(self) -> None:
        if not 0 <= self.beta < 1:
            raise ValueError(
                f"preaggregator.static_momentum.beta={self.beta} must be in [0, 1); use 0.9"
            )

    def advance(self, blocks: Iterable[Tensor], remember: bool) -> Iterator[Tensor]:
        renewed, place = [], 0
        memory = memory_of(self, remember)
        for block in blocks:
            past = memory.tensors.get("history")
            if past is None or len(past) != len(block):
                fresh = block
                past = torch.zeros_like(block)
            else:
                past = recalled(memory, "history", block, place)
                fresh = torch.lerp(past, block, 1.0 - self.beta)
            if remember:
                renewed.append(torch.where(torch.isfinite(fresh), fresh, past))
            place += block.shape[1]
            yield fresh
        if remember:
            memory.tensors["history"] = torch.cat(renewed, dim=1)
