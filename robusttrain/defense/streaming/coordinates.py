"""Blocks of vectors reduced coordinate by coordinate; values that are not finite left out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from robusttrain.defense.streaming.assumption import fewer
from robusttrain.ops.blocks import HALF, across, pieces
from robusttrain.ops.gram import mix
from robusttrain.ops.sorting import ascending


def checked(blocks: Iterable[Tensor]) -> Iterator[Tensor]:
    """The blocks, detached. Raises ValueError if they do not fit each other, or there are none."""
    first = None
    for block in blocks:
        if first is None:
            first = block
        seen, expected = ((b.ndim, len(b), b.dtype, b.device) for b in (block, first))
        if block.ndim != 2 or len(block) == 0 or not block.is_floating_point() or seen != expected:
            raise ValueError(
                f"blocks must be floating-point [n, b] with n >= 1, like the first; got "
                f"{block.dtype} of shape {list(block.shape)} on {block.device}, the first is "
                f"{first.dtype} of shape {list(first.shape)} on {first.device}"
            )
        yield block.detach()
    if first is None:
        raise ValueError("there is no block to aggregate; at least one, [n, 0], is needed")


def joined(parts: Iterable[Tensor]) -> Tensor:
    """Their concatenation, without a copy of a single one."""
    blocks = list(parts)
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks)


def reduced(rule: Any, block: Tensor) -> Tensor:
    """rule.reduce on [n, b], of any floating type; values that are not finite are left out.

    Raises ValueError if the rule is not defined for what is left of some coordinate.
    """
    rule.check(len(block))
    if not rule.spreads:
        return joined(_careful(rule, piece) for piece in pieces(block))
    out: Tensor = rule.reduce(block)
    if not bool(torch.isfinite(out.sum(dtype=torch.promote_types(out.dtype, torch.float32)))):
        place = 0
        for piece in pieces(block):
            part = out[place : place + piece.shape[1]]
            lost = ~torch.isfinite(part)
            if bool(lost.any()):
                part[lost] = _careful(rule, piece if bool(lost.all()) else piece[:, lost])
            place += piece.shape[1]
    return out


def _careful(rule: Any, piece: Tensor) -> Tensor:
    work = piece.float() if piece.dtype in HALF else piece
    if bool(torch.isfinite(work.sum())):
        out: Tensor = rule.reduce(work)
        if bool(torch.isfinite(out.sum())):
            return out.to(piece.dtype)
    finite = torch.isfinite(work)
    rows, counts = finite.all(dim=1), finite.sum(dim=0)
    if bool((counts == rows.sum()).all()):  # whole rows are finite, or not
        less = fewer(rule, len(work) - int(rows.sum()))
        less.check(int(rows.sum()))
        out = less.reduce(work[rows])
        if bool(torch.isfinite(out.sum())):
            return out.to(piece.dtype)
    ordered = ascending(torch.where(finite, work, torch.inf).double())
    result = torch.empty(work.shape[1], dtype=torch.float64, device=work.device)
    for count in counts.unique().tolist():
        left, columns = fewer(rule, len(work) - count), counts == count
        left.check(count)
        values = ordered[:count, columns]
        out = left.reduce(values)
        if not bool(torch.isfinite(out.sum())):  # doubles near the end of their range
            out = torch.where(torch.isfinite(out), out, left.reduce(values / 2**11) * 2**11)
        result[columns] = out
    return result.to(piece.dtype)


def reduced_mix(rule: Any, matrix: Tensor, block: Tensor) -> Tensor:
    """The same on M B, for a matrix M [m, n], which is never there as a whole."""
    shares = rule.shares(len(matrix))
    if shares is not None:
        out = weighted_sum(shares[None] @ matrix, block)
        if bool(torch.isfinite(out.sum())):
            return out.to(block.dtype)
    return joined(across(block, lambda lo, hi: reduced(rule, mix(matrix, block[:, lo:hi]))))


def weighted_sum(row: Tensor, block: Tensor) -> Tensor:
    """w B [b] for w [1, n], in single precision at least; rows of weight zero may hold anything."""
    if block.dtype in HALF:
        return joined(weighted_sum(row, piece.float()) for piece in pieces(block))
    used = int(row.count_nonzero())
    if used != 1:
        out = (row.to(block.device, block.dtype) @ block)[0]
        if used == len(block) or bool(torch.isfinite(out.sum())):
            return out
    return mix(row, block)[0]


@dataclass(frozen=True)
class Chosen:
    """The second half of a selection rule: what it was given is what there is."""

    rule: Any

    @property
    def spreads(self) -> bool:
        spreads: bool = self.rule.spreads
        return spreads

    def check(self, n: int) -> None:
        return

    def shares(self, m: int) -> None:
        return

    def reduce(self, block: Tensor) -> Tensor:
        out: Tensor = self.rule.reduce(block)
        return out
