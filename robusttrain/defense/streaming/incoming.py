"""Vectors on their way to a rule: blocks that are read once, and the stages before it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from torch import Tensor

from robusttrain.defense.streaming.assumption import fewer
from robusttrain.defense.streaming.coordinates import joined, reduced, reduced_mix
from robusttrain.defense.streaming.memory import Memory
from robusttrain.defense.streaming.mixture import Mixture, Stage, compose
from robusttrain.ops.gram import mix

Advance = Callable[[Iterable[Tensor], bool], Iterator[Tensor]]


@dataclass(frozen=True, eq=False)
class Incoming:
    """n vectors as blocks, and the linear stages between them and the rule.

    blocks: [n, b] each, in the order of the coordinates; read once.
    rng: for stages and rules that draw.
    remember: bool. Whether what rule and stages remember may change.
    stages: the linear ones that are still to be applied, in order.
    """

    blocks: Iterator[Tensor]
    rng: np.random.Generator
    remember: bool
    stages: tuple[Stage, ...] = ()

    def then(self, stage: Stage) -> "Incoming":
        """With one more linear stage to pass."""
        return replace(self, stages=(*self.stages, stage))

    def through(self, advance: Advance) -> "Incoming":
        """Past all stages so far, and past `advance(blocks, remember)`, block by block."""
        return replace(self, blocks=advance(self.mixed(), self.remember), stages=())

    def settled(self) -> "Incoming":
        """Past all stages so far."""
        return replace(self, blocks=self.mixed(), stages=())

    @property
    def needs_gram(self) -> bool:
        """Whether a stage goes by the Gram matrix, so that all blocks have to be kept."""
        return len(self._early) < len(self.stages)

    @property
    def _early(self) -> tuple[Stage, ...]:
        """The stages before the first that needs the Gram matrix."""
        needs = [stage.needs_gram or stage.needs_origin for stage in self.stages]
        return self.stages[: needs.index(True)] if True in needs else self.stages

    def mixed(self) -> Iterator[Tensor]:
        """The blocks after all stages; read ahead to the last one only if `needs_gram`."""
        yield from self.mixture().blocks() if self.needs_gram else self._passed(self._early)

    def reduce(self, rule: Any) -> Tensor:
        """rule.reduce on the vectors [d], block by block; no stage may need the Gram matrix."""
        return joined(self._reduced(rule))

    def mixture(self, anchors: tuple[str, ...] = (), memory: Memory | None = None) -> Mixture:
        """All blocks, kept, with their Gram matrix and that of the rule's `anchors`."""
        early = self._early
        late = self.stages[len(early) :]
        mixture = Mixture.of(self._passed(early), anchors, memory or Memory(), late)
        out = mixture.rows - len(mixture.sound)
        mixture.compose([fewer(stage, out) for stage in late], self.rng)
        return mixture

    def _passed(self, stages: Sequence[Stage]) -> Iterator[Tensor]:
        """The blocks after `stages`, none of which needs the Gram matrix."""
        if not stages:
            yield from self.blocks
            return
        first = next(self.blocks)
        matrix, _ = compose(stages, len(first), None, self.rng)
        for block in chain([first], self.blocks):
            yield mix(matrix, block)

    def _reduced(self, rule: Any) -> Iterator[Tensor]:
        """The rule on each block; where stages mix the vectors, they are never there as a whole."""
        matrix = None
        for block in self.blocks:
            if self.stages and matrix is None:
                matrix, _ = compose(self.stages, len(block), None, self.rng)
            yield reduced(rule, block) if matrix is None else reduced_mix(rule, matrix, block)
