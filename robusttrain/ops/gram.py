"""Gram matrices of n vectors that come block by block, and what follows from them."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from robusttrain.ops.blocks import HALF, LARGE, pieces

BATCHED = 4096
SAMPLE = 256  # columns that the centre of a large block goes by


def centred_gram(
    blocks: Iterable[Tensor],
    extra: Callable[[Tensor, int], Tensor] | None = None,
    quick: bool = False,
    centre: Tensor | None = None,
) -> Tensor:
    """(V - c)(V - c)^T [n, n] on the CPU, float64, summed over blocks [n, b] of V.

    extra(block, lo) -> [a, b]: rows that are appended to each block, which starts at column
    lo. Weights sum to one, so distances are all that count and the centre c may be any point.
    It is the row whose norm in the chunk is the median one of those that are finite: near
    enough to keep the cancellation small, and no minority can move it far away and drown the
    rest. A row is not finite iff its diagonal entry is not; entries between other
    rows are not affected.

    quick: products of large blocks of single and half precision are formed in single; the
    centre goes by the first columns of the block. See `blurred` for when that will not do.
    centre: [D], the point c where a given one is wanted; not with `quick`.
    """
    assert centre is None or not quick
    total, place = None, 0
    for block in blocks:
        if quick and block.dtype != torch.float64 and block.numel() >= LARGE:
            gram = _single(block, extra or _nothing, place)
        else:
            gram = _double(block, extra or _nothing, place, centre)
        total = gram if total is None else total + gram
        place += block.shape[1]
    assert total is not None
    return (total + total.T) / 2


def _nothing(block: Tensor, place: int) -> Tensor:
    return block[:0]


def _single(block: Tensor, extra: Callable[[Tensor, int], Tensor], place: int) -> Tensor:
    centre = int(_middle(block[:, :SAMPLE]))
    if block.device.type == "cpu":
        from robusttrain.ops.kernels.gram_numba import gram

        return gram(block, lambda lo, hi: extra(block[:, lo:hi], place + lo), centre)
    total = None
    for piece in pieces(block):
        rows = _stacked(piece, extra(piece, place)).float()
        part = products(rows - rows[centre])
        total = part if total is None else total + part
        place += piece.shape[1]
    assert total is not None
    return total.cpu()


def _stacked(piece: Tensor, more: Tensor) -> Tensor:
    return torch.cat([piece, more.to(piece)]) if len(more) else piece


def products(rows: Tensor) -> Tensor:
    """V V^T [n, n] float64 of V [n, b], formed in V's precision, at most 4096 columns at a time.

    As a batch of small products, which keeps a GPU busy where one of so odd a shape does not.
    """
    n, columns = rows.shape
    even = columns // BATCHED * BATCHED
    batch = rows[:, :even].reshape(n, even // BATCHED, BATCHED).transpose(0, 1)
    rest = rows[:, even:]
    return (batch @ batch.mT).sum(dim=0, dtype=torch.float64) + (rest @ rest.T).double()


def _double(
    block: Tensor,
    extra: Callable[[Tensor, int], Tensor],
    place: int,
    centre: Tensor | None,
) -> Tensor:
    total = None
    for piece in pieces(block):
        rows = _stacked(piece, extra(piece, place)).double()
        end = place + piece.shape[1]
        rows = rows - (rows[_middle(piece)] if centre is None else centre[place:end].double())
        total = rows @ rows.T if total is None else total.addmm_(rows, rows.T)
        place += piece.shape[1]
    assert total is not None
    return total.cpu()


def along(rows: Tensor, centre: Tensor, direction: Tensor) -> Tensor:
    """<v_i - c, u> [n] on the CPU, float64, of V [n, D], a point c [D] and a direction u [D]."""
    total = rows.new_zeros(len(rows), dtype=torch.float64)
    place = 0
    for piece in pieces(rows):
        end = place + piece.shape[1]
        total += (piece.double() - centre[place:end].double()) @ direction[place:end].double()
        place = end
    return total.cpu()


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
    moved = gram - column[:, None] - column + column[point]
    equal = moved.diagonal() <= 1e-13 * (gram.diagonal() + column[point])
    return torch.where(equal[:, None] | equal, torch.zeros_like(moved), moved)


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
    eigenvector u; both zero where all vectors of positive weight are equal.

    Equal: up to the rounding of what the weights take in. A huge vector of tiny weight counts as
    that product does, and one of weight zero not at all.
    """
    values, vectors = torch.linalg.eigh(scatter(gram, weights))
    top = float(values[-1])
    if top <= 1e-13 * float(weights @ gram.diagonal().abs()):
        return 0.0, torch.zeros_like(weights)
    mass = vectors[:, -1] * weights.sqrt()
    pull = gram @ weights
    across = gram @ mass - pull * mass.sum() - (pull @ mass) + (weights @ pull) * mass.sum()
    return top, (across / top**0.5) ** 2  # the square of `across` may overflow


def mix(matrix: Tensor, block: Tensor) -> Tensor:
    """M B for M [m, n] and B [n, b]; a row of B counts only where M has an entry for it.

    So others may hold anything. Half precision is summed in single. Where M is the identity,
    B itself.
    """
    if matrix.shape[0] == matrix.shape[1] and torch.equal(matrix, torch.eye(len(matrix)).double()):
        return block
    if block.device.type == "cpu" and block.numel() >= LARGE:
        from robusttrain.ops.kernels import mix_numba

        return mix_numba.mix(matrix, block)
    wide = torch.promote_types(block.dtype, torch.float32)
    entries, values = matrix.to(block.device, wide), block.to(wide)
    out = entries @ values
    if not bool(torch.isfinite(out.sum())):
        out = torch.stack([row[row != 0] @ values[row != 0] for row in entries])
    return out.to(block.dtype)
