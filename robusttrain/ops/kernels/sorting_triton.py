"""Functions of the sorted columns of a block, in one pass over CUDA memory.

A program loads a few columns of [n, b] into registers, one variable per row, sorts them by the
comparators of Batcher's network and reduces what comes out. There is one kernel for each n and
function, written out in full by `source`: nothing that the result does not depend on is compared.
Needs Triton, so it is imported where it is used.
"""

import linecache
from contextlib import nullcontext
from functools import cache
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from robusttrain.ops.kernels.sorting_network import comparators

ROWS = 64  # at most, as a thread holds them all
THREADS = 128
REGISTERS = 64  # of 4 bytes, that a thread's columns may take


def reduce_sorted(block: Tensor, lo: int, hi: int, count: int = 0) -> Tensor:
    """[n, b] -> [b]: the mean c of v_(lo) .. v_(hi-1) per column, v_(0) <= ... <= v_(n-1).

    count > 0: instead the mean of the `count` values nearest to c; of two equally near the
    lower counts. A column in which a value is not finite gives NaN, and so may one whose sum
    overflows. 1 <= n <= 64; block may have any strides; it is compared and summed in float32,
    float64 in float64. Same dtype and device as the block.
    """
    n, columns = block.shape
    assert 1 <= n <= ROWS
    assert 0 <= lo < hi <= n >= count >= 0
    out = torch.empty(columns, dtype=block.dtype, device=block.device)
    if columns:
        wide = block.dtype == torch.float64
        share = max(1, min(4, REGISTERS // (n * (1 + wide))))
        width = THREADS * (1 << share.bit_length() - 1)
        with torch.cuda.device(block.device) if block.is_cuda else nullcontext():
            kernel(n, lo, hi, count)[(triton.cdiv(columns, width),)](
                *(block, out, columns, block.stride(0), block.stride(1)),
                WIDTH=width,
                TYPE=tl.float64 if wide else tl.float32,
                num_warps=THREADS // 32,
            )
    return out


@cache
def kernel(n: int, lo: int, hi: int, count: int) -> Any:
    """The compiled form of `source`, which Triton finds under a name in linecache."""
    name, text = f"<sorted {n} {lo} {hi} {count}>", source(n, lo, hi, count)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"tl": tl, "__name__": __name__}
    exec(compile(text, name, "exec"), namespace)
    return triton.jit(namespace["reduce"])


def source(n: int, lo: int, hi: int, count: int) -> str:
    """The kernel: v0 .. are the rows of WIDTH columns, `row` and `column` the strides."""
    wanted = (0, n) if count else (lo, hi)
    lines = [
        "at = tl.program_id(0).to(tl.int64) * WIDTH + tl.arange(0, WIDTH)",
        "inside = at < columns",
        "place = block + at * column",
    ]
    for i in range(n):
        lines.append(f"v{i} = tl.load(place, mask=inside, other=0.0).to(TYPE)")
        lines.append(f"v{i} += v{i} - v{i}")  # infinities become NaN, finite values stay
        lines.append("place += row")
    for i, j, low, high in comparators(n, *wanted):
        lines += [f"low = {_extreme('minimum', i, j)}"] if low else []
        lines += [f"v{j} = {_extreme('maximum', i, j)}"] if high else []
        lines += [f"v{i} = low"] if low else []
    lines.append(f"centre = ({' + '.join(f'v{i}' for i in range(lo, hi))}) / {hi - lo}")
    if count:  # a window of neighbours slides up while what it gains is nearer
        lines += [f"w{i} = v{i}" for i in range(count)]
        for j in range(n - count):
            gain = f"centre - v{j} > v{j + count} - centre"
            lines.append(f"w{j % count} = tl.where({gain}, v{j + count}, w{j % count})")
        lines.append(f"centre = ({' + '.join(f'w{i}' for i in range(count))}) / {count}")
    lines.append("tl.store(out + at, centre.to(out.dtype.element_ty), mask=inside)")
    head = "def reduce(block, out, columns, row, column, WIDTH: tl.constexpr, TYPE: tl.constexpr):"
    return head + "".join(f"\n    {line}" for line in lines) + "\n"


def _extreme(which: str, i: int, j: int) -> str:
    return f"tl.{which}(v{i}, v{j}, propagate_nan=tl.PropagateNan.ALL)"
