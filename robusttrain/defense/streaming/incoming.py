"""Vectors on their way to a rule: blocks that are read once, and the stages before it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from torch import Tensor

from robusttrain.defense.streaming.coordinates import joined, reduced, reduced_mix
from robusttrain.defense.streaming.identity import named
from robusttrain.defense.streaming.memory import Memory, arranged
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
    workers: [n] int. Whose each vector is; None where that is not known, or each is of several.
    root: [d] floating. The server's own vector; None: it has none.
    """

    blocks: Iterator[Tensor]
    rng: np.random.Generator
    remember: bool
    stages: tuple[Stage, ...] = ()
    workers: np.ndarray | None = None
    root: Tensor | None = None

    @classmethod
    def of(
        cls,
        blocks: Iterator[Tensor],
        rng: np.random.Generator,
        remember: bool,
        workers: Sequence[int] | np.ndarray | None,
        root: Tensor | None,
    ) -> "Incoming":
        """Before any stage. `workers` None: vector i is worker i's; ValueError as `named`."""
        first = next(blocks)
        names = named(workers, len(first))
        return cls(chain(iter([first]), blocks), rng, remember, (), names, root)

    def then(self, stage: Stage) -> "Incoming":
        """With one more linear stage to pass."""
        workers = self.workers if stage.keeps_rows else None
        return replace(self, stages=(*self.stages, stage), workers=workers)

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
        memory = memory or Memory()
        if "history" in anchors:
            assert self.workers is not None, "a rule with a history checks that it is known whose"
            arranged(memory, self.workers)
        if "root" in anchors:
            assert self.root is not None, "that there is a root is checked before"
            memory = Memory.holding(root=self.root)
        mixture = Mixture.of(self._passed(early), anchors, memory, late, self.workers)
        size = sum(block.shape[1] for block in mixture.kept)
        if "root" in anchors and self.root is not None and len(self.root) != size:
            raise ValueError(f"the root has {len(self.root)} coordinates, the vectors have {size}")
        confined = [stage.without(mixture.sound, mixture.rows) for stage in late]
        mixture.compose(confined, self.rng)
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
