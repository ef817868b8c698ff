"""Inner products of n vectors that are seen block by block, and what follows from them."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)
SPAN = 8192  # columns of a chunk in single precision
SAMPLE = 256


def chunk(rows: int, device: torch.device) -> int:
    """How many columns of `rows` rows are worked on at a time: what a CPU's cache holds."""
    return max(1024, 2**18 // max(rows, 1)) if device.type == "cpu" else 2**20


def centred_gram(
    blocks: Iterable[Tensor],
    extra: Callable[[Tensor, int], Tensor] | None = None,
    quick: bool = False,
) -> Tensor:
    """(V - c)(V - c)^T [n, n] on the CPU, float64, summed over blocks [n, b] of V.

    extra(block, lo) -> [a, b]: rows that are appended to each block, which starts at column
    lo. Weights sum to one, so distances are all that count and the centre c may be any point.
    It is the row whose norm in the chunk is the median one of those that are finite: near
    enough to keep the cancellation small, and no minority can move it far away and drown the
    rest. A row is not finite iff its diagonal entry is not; it spoils no other entry.

    quick: on the CPU, products of single and half precision are formed in single, a chunk at a
    time, and the chunks summed in double; the centre goes by the first columns of the block.
    See `blurred` for when that will not do.
    """
    total, place, scratch = torch.zeros(0), 0, torch.zeros(0, 0)
    for block in blocks:
        if total.numel() == 0:
            side = len(block) + (0 if extra is None else len(extra(block[:, :0], 0)))
            total = torch.zeros(side, side, dtype=torch.float64, device=block.device)
        fast = quick and block.device.type == "cpu" and block.dtype != torch.float64
        if fast and scratch.numel() == 0:
            scratch = torch.zeros(_padded(side), SPAN)
        middle = _middle(block[:, :SAMPLE]) if fast else None
        for piece in block.split(SPAN if fast else chunk(len(block), block.device), dim=1):
            rows = piece if extra is None else torch.cat([piece, extra(piece, place)])
            rows = rows.float() if fast else rows.double()
            centre = rows[_middle(piece) if middle is None else middle]
            work = scratch[:, : piece.shape[1]] if fast else torch.empty_like(rows)
            torch.sub(rows, centre, out=work[:side])
            total += (work @ work.T)[:side, :side]
            place += piece.shape[1]
    total = total.cpu()
    return (total + total.T) / 2


def _padded(side: int) -> int:
    """As many rows as matrix products are fast for."""
    return -(-side // 8) * 8 if side > 12 else side


def blurred(gram: Tensor, n: int) -> bool:
    """Whether single precision may have lost the differences between n vectors.

    It may where anything overflowed or is not finite, where squares are too small for it, and
    where most pairs are far nearer to each other than to the centre (which a liar became).
    """
    length = gram.diagonal()[:n].median()
    apart = squared_distances(gram[:n, :n]).fill_diagonal_(torch.inf).median()
    return not bool(torch.isfinite(gram).all() & (length > 1e-24) & (apart > 1e-3 * length))


def _middle(piece: Tensor) -> Tensor:
    """[] int: the row with the median norm of those whose norm is finite, else the first."""
    sizes = torch.linalg.vector_norm(
        piece, dim=1, dtype=torch.float32 if piece.dtype in HALF else None
    )
    order = sizes.argsort()
    return order[torch.isfinite(sizes).sum() // 2]


def squared_distances(gram: Tensor) -> Tensor:
    """||v_i - v_j||^2 [n, n], never negative."""
    norms = gram.diagonal()
    return (norms[:, None] + norms - 2 * gram).clamp(min=0)


def reach(gram: Tensor, weights: Tensor) -> Tensor:
    """||v_i - z|| [n] for z = sum_i w_i v_i, where sum_i w_i = 1."""
    pull = gram @ weights
    return (gram.diagonal() - 2 * pull + weights @ pull).clamp(min=0).sqrt()


def about(gram: Tensor, point: int) -> Tensor:
    """The inner products of the differences to row `point`, which becomes zero.

    So do rows that are nearer to it than the rounding of what was subtracted.
    """
    column = gram[:, point]
    found = gram - column[:, None] - column + column[point]
    equal = found.diagonal() <= 1e-13 * (gram.diagonal() + column[point])
    return torch.where(equal[:, None] | equal, torch.zeros_like(found), found)


def cosines(products: Tensor) -> Tensor:
    """cos(v_i, v_j) [n, n] from inner products about the origin; 0 where one of them is zero."""
    lengths = products.diagonal().clamp(min=0).sqrt()
    lengths = torch.where(lengths > 0, lengths, torch.inf)
    return ((products / lengths).T / lengths).clamp(-1.0, 1.0)


def mean_of(chosen: Tensor | list[int], n: int) -> Tensor:
    """[n] float64: equal weights on the rows `chosen`, zero elsewhere."""
    weights = torch.zeros(n, dtype=torch.float64)
    weights[chosen] = 1.0 / len(chosen)
    return weights


def scatter(gram: Tensor, weights: Tensor) -> Tensor:
    """sqrt(w_i w_j) <v_i - z, v_j - z> [n, n], z = sum_i w_i v_i: its eigenvalues are those of
    the weighted covariance, and an eigenvector a gives the direction sum_i a_i sqrt(w_i) (v_i - z).
    """
    pull = gram @ weights
    root = weights.sqrt()
    return root[:, None] * (gram - pull[:, None] - pull + weights @ pull) * root


def along_top(gram: Tensor, weights: Tensor) -> tuple[float, Tensor]:
    """The largest eigenvalue of the weighted covariance, and <v_i - z, u>^2 [n] along its
    eigenvector u; both zero where all vectors of positive weight are equal."""
    values, vectors = torch.linalg.eigh(scatter(gram, weights))
    top = float(values[-1])
    if top <= 1e-13 * float(gram.diagonal().abs().max()):
        return 0.0, torch.zeros_like(weights)
    mass = vectors[:, -1] * weights.sqrt()
    pull = gram @ weights
    across = gram @ mass - pull * mass.sum() - (pull @ mass) + (weights @ pull) * mass.sum()
    return top, across**2 / top


def mix(matrix: Tensor, block: Tensor) -> Tensor:
    """M B for M [m, n] and B [n, b]; rows of B that M has no entry for may hold anything.

    On the CPU, rows of M with few entries cost only those. Half precision is summed in single.
    """
    if block.dtype in HALF:
        return mix(matrix, block.float()).to(block.dtype)
    filled = int(matrix.count_nonzero())
    if filled == len(matrix) and bool((matrix.sum(dim=1) == 1).all()):  # rows of B
        rows = matrix.argmax(dim=1)
        same = len(rows) == len(block) and bool((rows == torch.arange(len(rows))).all())
        return block if same else block[rows.to(block.device)]
    used = matrix.any(dim=0)
    dense = 2 * filled > matrix.numel()
    matrix = matrix.to(block.dtype)
    if block.device.type != "cpu" or dense:
        if not bool(used.all()):
            matrix, block = matrix[:, used], block[used.to(block.device)]
        out = matrix.to(block.device) @ block
        if dense or bool(torch.isfinite(out.sum())):
            return out
    out = block.new_empty(len(matrix), block.shape[1])
    for row, weights in zip(out, matrix, strict=True):
        chosen = weights.nonzero().squeeze(1)
        torch.mv(block[chosen.to(block.device)].T, weights[chosen].to(block.device), out=row)
    return out
