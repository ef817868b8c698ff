"""Keeps blocks of vectors, leaves out rows that are not finite, and mixes the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.streaming.coordinates import joined, reduced_mix, weighted_sum
from robusttrain.defense.streaming.memory import Memory, carry, recalled
from robusttrain.ops.blocks import pieces
from robusttrain.ops.gram import about, blurred, centred_gram, mix


class Stage(Protocol):
    """What is asked of a pre-aggregator here."""

    @property
    def needs_gram(self) -> bool: ...

    @property
    def needs_origin(self) -> bool: ...

    @property
    def keeps_rows(self) -> bool: ...

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor: ...

    def without(self, kept: Sequence[int], n: int) -> Self: ...


def compose(
    stages: Sequence[Stage], n: int, gram: Tensor | None, rng: np.random.Generator
) -> tuple[Tensor, Tensor | None]:
    """M [m, n], the product of the stages' matrices, and M G M^T if the Gram matrix is given.

    The Gram matrix may go on with anchors after the n vectors, which M leaves as they are;
    where a stage needs the origin, that is the last of them.
    """
    matrix = torch.eye(n, dtype=torch.float64)
    for stage in stages:
        m = len(matrix)
        seen = None
        if gram is not None:
            seen = (about(gram, len(gram) - 1) if stage.needs_origin else gram)[:m, :m]
        step = stage.mixing(m, seen, rng)
        matrix = step @ matrix
        if gram is not None:
            anchors = torch.eye(len(gram) - m, dtype=step.dtype)
            whole = torch.block_diag(step, anchors)
            if stage.needs_origin:
                whole[: len(step), -1] = 1.0 - step.sum(dim=1)
            gram = whole @ gram @ whole.T
    return matrix, gram


@dataclass(frozen=True, eq=False)
class GramInputs:
    """What a Gram rule computes its weights from.

    gram: [n+a, n+a] float64. Gram matrix of n vectors and the rule's anchors, about any centre.
    rng: the generator for rules that draw.
    features: [n, k] or None. The sum over the blocks of what `describe` returns.
    first: bool. Nothing is remembered yet.
    workers: [n] int or None. Whose each of the n vectors is; None: each stands for several.
    """

    gram: Tensor
    rng: np.random.Generator
    features: Tensor | None = None
    first: bool = True
    workers: np.ndarray | None = None


@dataclass(eq=False)
class Mixture:
    """n vectors V as blocks, and the m vectors M V that the stages make of the finite ones.

    kept: the blocks of V, [n, b] each.
    anchors: what joins the vectors in a Gram rule; see `GramRule`.
    memory: where anchors come from and are renewed.
    full: [m+a, m+a] float64. Gram matrix of M V, of the anchors, and of the origin if asked for.
    sound: the rows of V that are finite, ascending.
    matrix: [m, n] float64. M, zero for rows that are not finite.
    workers: [n] int. Whose each row of V is, and of M V where M keeps rows; else None.
    """

    kept: list[Tensor]
    anchors: tuple[str, ...]
    memory: Memory
    full: Tensor
    sound: list[int]
    matrix: Tensor
    workers: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        blocks: Iterable[Tensor],
        anchors: tuple[str, ...],
        memory: Memory,
        stages: Sequence[Stage],
        workers: np.ndarray | None = None,
    ) -> "Mixture":
        """Read `blocks` to the end, and leave out the rows that are not finite."""
        kept: list[Tensor] = []
        names = anchors
        if any(stage.needs_origin for stage in stages) and "origin" not in anchors:
            names = (*anchors, "origin")

        def keep() -> Iterator[Tensor]:
            for block in blocks:
                kept.append(block)
                yield block

        def extra(piece: Tensor, place: int) -> Tensor:
            return torch.cat([recalled(memory, name, piece, place) for name in names])

        rows = extra if names else None
        gram = centred_gram(keep(), rows, quick=True)
        n = len(kept[0])
        if blurred(gram, n):
            gram = centred_gram(kept, rows)
        sound = torch.isfinite(gram.diagonal()[:n]).nonzero().flatten()
        stay, place = [sound], n
        for name in names:
            many = name == "history"
            stay.append(place + (sound if many else torch.zeros(1, dtype=sound.dtype)))
            place += n if many else 1
        keep_rows = torch.cat(stay)
        matrix = torch.eye(n, dtype=torch.float64)[sound]
        full = gram[keep_rows][:, keep_rows]
        return cls(kept, anchors, memory, full, sound.tolist(), matrix, workers)

    @property
    def rows(self) -> int:
        return len(self.kept[0])

    @property
    def first(self) -> bool:
        return not self.memory.tensors

    @property
    def gram(self) -> Tensor:
        """Of the m vectors and the rule's anchors."""
        side = len(self.matrix) + sum(
            len(self.sound) if name == "history" else 1 for name in self.anchors
        )
        return self.full[:side, :side]

    def inputs(self, rng: np.random.Generator, features: Tensor | None) -> GramInputs:
        """What a Gram rule computes its weights from."""
        workers = None if self.workers is None else self.workers[self.sound]
        return GramInputs(self.gram, rng, features, self.first, workers)

    def compose(self, stages: Sequence[Stage], rng: np.random.Generator) -> None:
        """Mix by `stages`."""
        if len(self.sound) and stages:
            step, full = compose(stages, len(self.sound), self.full, rng)
            assert full is not None
            self.matrix, self.full = step @ self.matrix, full

    def blocks(self) -> Iterator[Tensor]:
        """The mixed blocks."""
        for block in self.kept:
            yield mix(self.matrix, block)

    def reduce(self, rule: Any) -> Tensor:
        """rule.reduce on the mixed vectors."""
        return joined(reduced_mix(rule, self.matrix, block) for block in self.kept)

    def select(self, rows: list[int]) -> None:
        """Go on with some of the mixed vectors."""
        self.matrix = self.matrix[rows]

    def sum(self, describe: Callable[[Tensor], Tensor]) -> Tensor:
        """The sum over all pieces of describe(piece), on the CPU."""
        sums = [describe(mix(self.matrix, p)) for block in self.kept for p in pieces(block)]
        return torch.stack(sums).sum(dim=0).cpu()

    def weighted(self, weights: Tensor, noise: float, rng: np.random.Generator) -> Tensor:
        """The sum of the mixed vectors and the anchors, and of noise, [d]."""
        m = len(self.matrix)
        row, out, place = weights[None, :m] @ self.matrix, [], 0
        for block in self.kept:
            total = weighted_sum(row, block)
            for name in ("centre", "root"):
                if name in self.anchors and name in self.memory.tensors:
                    anchor = recalled(self.memory, name, block, place)[0]
                    weight = float(weights[m + self.anchors.index(name)])
                    total = total + anchor.to(total.dtype) * weight
            if noise:
                drawn = torch.from_numpy(rng.standard_normal(block.shape[1], np.float32))
                total = total + drawn.to(total) * noise
            out.append(total.to(block.dtype))
            place += block.shape[1]
        return joined(out)

    def remember(self, out: Tensor) -> None:
        """Carry the anchors on to the next call."""
        if "centre" in self.anchors:
            self.memory.tensors["centre"] = out.clone()
        if "history" in self.anchors:
            past, place = [], 0
            for block in self.kept:
                rows = recalled(self.memory, "history", block, place).clone()
                rows[self.sound] += block[self.sound].to(rows.dtype)
                past.append(rows)
                place += block.shape[1]
            assert self.workers is not None
            carry(self.memory, torch.cat(past, dim=1), self.workers)
