"""Aspis+: a balanced incomplete block design: every pair of workers meets equally often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import isqrt

import numpy as np

from robusttrain.combinatorics.finite_fields import field, prime_power
from robusttrain.redundancy.assignment.base import MOST_TASKS, Assignment

FAMILIES = {
    (7, 3): [[0, 1, 3]],
    (13, 3): [[0, 1, 4], [0, 2, 7]],
    (13, 4): [[0, 1, 3, 9]],
    (21, 5): [[0, 1, 4, 14, 16]],
    (31, 6): [[1, 5, 11, 24, 25, 27]],
    (11, 5): [[1, 3, 4, 5, 9]],
}


@dataclass(frozen=True)
class Design(Assignment):
    """A 2-(K, r, λ) design: f = λ K (K-1) / (r (r-1)) tasks, every pair of workers shares λ.

    Every worker holds λ (K-1) / (r-1) tasks. Task i is held by block i of `blocks` or, where
    that is null, of the first of these designs that exists:

        difference families modulo K    (K, r) in `FAMILIES`; λ = 2 for (11, 5), else 1
        triple systems, r = 3           λ = 1 for K = 1 (Skolem) or 3 (Bose) modulo 6,
                                        λ = 2 for K = 0 or 4 modulo 6
        projective planes               K = q² + q + 1, r = q + 1, q a prime power; λ = 1
        affine planes                   K = q², r = q, q a prime power; λ = 1

    replication: r >= 2; for even r a vote can tie, and the task is dropped.
    blocks: [f, r] int, lists of distinct workers 0..K-1, each pair equally often; null: built in.
    Raises ValueError if `blocks` are no design.
    Source: Konstantinidis and Ramamoorthy, Aspis+ (2023); Bose (1939), Skolem (1958).

    >>> Design(3).teams(7).tolist()  # the seven lines of the Fano plane
    [[0, 1, 3], [1, 2, 4], [2, 3, 5], [3, 4, 6], [0, 4, 5], [1, 5, 6], [0, 2, 6]]
    """

    replication: int
    blocks: Sequence[Sequence[int]] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.blocks is not None:
            check_blocks(self.blocks, self.replication)
            object.__setattr__(self, "blocks", tuple(map(tuple, self.blocks)))

    def obstacle(self, workers: int) -> str | None:
        if self.blocks is not None:
            own = 1 + max(map(max, self.blocks))
            return None if workers == own else f"assignment.blocks are a design for {own} workers"
        if construction(workers, self.replication) is None:
            return "no such design is built in, and assignment.blocks gives none"
        tasks = workers * (workers - 1) // (self.replication * (self.replication - 1))
        return f"{tasks} tasks are more than {MOST_TASKS}" if tasks > MOST_TASKS else None

    def teams(self, workers: int) -> np.ndarray:
        self.check(workers)
        if self.blocks is not None:
            return np.sort(np.array(self.blocks, dtype=np.int64), axis=1)
        build = construction(workers, self.replication)
        assert build is not None
        return np.sort(build(workers), axis=1)


def check_blocks(blocks: Sequence[Sequence[int]], replication: int) -> None:
    """Raise ValueError that says what is wrong with the first bad block or the worst pairs."""
    if not blocks:
        raise ValueError("assignment.blocks=[] must hold at least one block; use null")
    for i, block in enumerate(blocks):
        if not isinstance(block, Sequence) or isinstance(block, str):
            raise ValueError(
                f"assignment.blocks[{i}]={block!r} must be a list of workers; use [[0, 1, 3], ...]"
            )
        if len(block) != replication:
            raise ValueError(
                f"assignment.blocks[{i}]={list(block)} must have assignment.replication="
                f"{replication} workers, as every block; use assignment.replication={len(block)} "
                "if that is the size of all"
            )
        if len(set(block)) < len(block) or any(type(w) is not int or w < 0 for w in block):
            raise ValueError(
                f"assignment.blocks[{i}]={list(block)} must be distinct workers 0..K-1, counted "
                "from 0; correct that block"
            )
    incidence = np.zeros((1 + max(map(max, blocks)), len(blocks)), dtype=np.int64)
    incidence[np.array(blocks), np.arange(len(blocks))[:, None]] = 1
    u, v = np.triu_indices(len(incidence), 1)
    shared = (incidence @ incidence.T)[u, v]
    least, most = shared.argmin(), shared.argmax()
    if shared[least] != shared[most]:
        raise ValueError(
            "assignment.blocks must hold every pair of workers equally often: "
            f"workers {u[most]} and {v[most]} share {shared[most]}, "
            f"workers {u[least]} and {v[least]} share {shared[least]}; correct the blocks, or "
            "use null for a design that is built in"
        )


def construction(workers: int, replication: int) -> Callable[[int], np.ndarray] | None:
    """The function that builds the design for K = `workers`, [f, r] int; None: not built in."""
    q = replication - 1
    if (workers, replication) in FAMILIES:
        return partial(_develop, np.array(FAMILIES[workers, replication]))
    if replication == 3 and workers >= 3 and workers % 3 != 2:
        return {1: _skolem, 3: _bose}.get(workers % 6, _twofold)
    if workers == q * q + q + 1 and prime_power(q):
        return _projective
    if workers == replication**2 and prime_power(replication):
        return _affine
    return None


def _develop(base: np.ndarray, modulus: int) -> np.ndarray:
    """[n modulus, r] int: every block of `base` [n, r] shifted by 0..modulus-1."""
    shifted = (base[:, None] + np.arange(modulus)[:, None]) % modulus
    return shifted.reshape(-1, base.shape[1])


def _bose(workers: int) -> np.ndarray:
    """Points (x, i) in Z_n x Z_3, n = K/3 odd, and the idempotent product (x + y) / 2."""
    n = workers // 3
    x, y = np.triu_indices(n, 1)
    columns = np.arange(n)[:, None] + n * np.arange(3)
    return np.concatenate([columns, _levels(n, x, y, (x + y) * (n + 1) // 2 % n)])


def _skolem(workers: int) -> np.ndarray:
    """Points (x, i) in Z_n x Z_3, n = (K-1)/3 even, and a last one; a half-idempotent product."""
    n = workers // 3
    half = n // 2
    x, y = np.triu_indices(n, 1)
    total = (x + y) % n
    low, i = np.divmod(np.arange(3 * half)[:, None], 3)
    last = np.full_like(low, workers - 1)
    columns = np.arange(half)[:, None] + n * np.arange(3)
    slanted = np.hstack([last, half + low + n * i, low + n * ((i + 1) % 3)])
    return np.concatenate([columns, slanted, _levels(n, x, y, total // 2 + half * (total % 2))])


def _levels(n: int, x: np.ndarray, y: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Blocks {(x, i), (y, i), (product, i + 1)} for i in Z_3; point (x, i) is x + n i."""
    levels = [np.stack([x + n * i, y + n * i, product + n * ((i + 1) % 3)], 1) for i in range(3)]
    return np.concatenate(levels)


def _twofold(workers: int) -> np.ndarray:
    """λ = 2 for K = 0 or 4 modulo 6: base blocks shifted modulo n = K - 1, and a fixed point.

    {0, x, y} with y - x = 1..d, d = floor(K/3) - 1, the x and y being 1..2d+1 without one
    number c: so every difference modulo n occurs twice, except c, which {fixed, 0, c} mends,
    and n/3 for K = 4 modulo 6, which {0, n/3, 2n/3} mends.
    """
    n, d = workers - 1, workers // 3 - 1
    odd, even = (d + 1) // 2, d // 2
    c = 2 * odd + even + 1
    pairs = [(odd + 1 - j, odd + j) for j in range(1, odd + 1)]
    pairs += [(c - j, c + j) for j in range(1, even + 1)]
    fixed = np.full(n, n)
    blocks = [np.stack([fixed, np.arange(n), np.arange(c, n + c) % n], axis=1)]
    blocks += [_develop(np.array([[0, x, y]]), n) for x, y in pairs]
    if n % 3 == 0:
        blocks.append(np.arange(n).reshape(3, -1).T)
    return np.concatenate(blocks)


def _affine(workers: int) -> np.ndarray:
    """The lines of AG(2, q): y = a x + b, in order of a, then x = b; point (x, y) is q x + y."""
    q = isqrt(workers)
    gf = field(q)
    a, b = np.divmod(np.arange(q * q)[:, None], q)
    x = np.arange(q)
    return np.concatenate([x * q + gf.plus[gf.times[a, x], b], np.arange(q * q).reshape(q, q)])


def _projective(workers: int) -> np.ndarray:
    """The lines of PG(2, q): an affine line and the point of its direction; all directions."""
    q = isqrt(workers)
    lines = _affine(q * q)
    directions = q * q + np.arange(len(lines)) // q
    return np.vstack([np.column_stack([lines, directions]), q * q + np.arange(q + 1)])
