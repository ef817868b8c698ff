"""Fingerprints: what stands for a sum in a probe: a digest of its bytes, or products with a vector.

They are accumulated block by block as sums pass, with the same work whether the step is probed.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from blake3 import blake3
from torch import Tensor

from robusttrain.ops.host import arriving
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.values import check_whole

UNIT = 2.0**-16  # entries of r are odd multiples of it
SD = math.sqrt((2**30 - 1) / 3) * UNIT  # of such an entry: 1/sqrt(12) but for 5e-10 of it
AHEAD = 16  # copies from a GPU that wait for their digest
PIECE = 2**13  # coordinates; their products stay in the cache, and BLAS splits none among threads
KEPT = 8  # blocks of r that are kept for the next sum
Part = TypeVar("Part")


@dataclass(frozen=True)
class Fingerprint:
    """What stands for one whole sum.

    claim: bytes. Of the length that all claims of its kind have.
    finite: bool. Whether every coordinate of the sum is finite.
    norm: float. Euclidean length of the sum in float64; NaN where the kind needs none.
    """

    claim: bytes
    finite: bool
    norm: float = math.nan


class Fingerprints(ABC, Generic[Part]):
    """Fingerprints of several sums of D coordinates, of which blocks arrive in any order.

    On the CPU blocks are read by `pool` after `add` has returned: they must not change before
    `fingerprints` has.

    width: int. Bytes of a claim.
    blocks: list of (first, end). Coordinates of each block.
    pool: Executor. Threads that do the work; one `ThreadPoolExecutor` serves a whole run.
    """

    width: int

    def __init__(self, blocks: Sequence[tuple[int, int]], pool: Executor) -> None:
        self.blocks, self.pool = list(blocks), pool
        self._parts: dict[int, dict[int, Callable[[], Part]]] = {}

    def add(self, place: int, index: int, block: Tensor) -> None:
        """Account for one block of a sum.

        place: int. Which sum.
        index: int. Which of its blocks; each once.
        block: [b] float32, contiguous, on any device.
        """
        parts, (lo, hi) = self._parts.setdefault(place, {}), self.blocks[index]
        assert index not in parts, f"block {index} of sum {place} is there already"
        assert block.shape == (hi - lo,), f"block {index} has {hi - lo} coordinates"
        parts[index] = self._part(index, block.detach())

    def add_sum(self, place: int, vector: Tensor) -> None:
        """Account for all blocks of a sum [D]."""
        for index, (lo, hi) in enumerate(self.blocks):
            self.add(place, index, vector[lo:hi])

    def fingerprints(self) -> dict[int, Fingerprint]:
        """Place -> fingerprint of each sum of which every block was added; waits for the pool."""
        whole = {p: parts for p, parts in self._parts.items() if len(parts) == len(self.blocks)}
        return {
            place: self._joined([parts[index]() for index in range(len(self.blocks))])
            for place, parts in sorted(whole.items())
        }

    @abstractmethod
    def _part(self, index: int, block: Tensor) -> Callable[[], Part]:
        """Begin the work on a block; what is returned waits for it."""

    @abstractmethod
    def _joined(self, parts: list[Part]) -> Fingerprint:
        """The fingerprint of a sum from the parts of its blocks, in their order."""


class Exact(Fingerprints[tuple[bytes, bool]]):
    """BLAKE3 over the BLAKE3 of each block: the tree that `agreement=digest` has over rows.

    Two sums have the same claim iff they have the same bytes. From a GPU blocks are copied to
    pinned memory, and hashed when they have arrived.

    >>> import torch
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> exact = Exact([(0, 2), (2, 3)], ThreadPoolExecutor(2))
    >>> exact.add(7, 1, torch.ones(1))
    >>> exact.fingerprints()
    {}
    >>> exact.add(7, 0, torch.zeros(2))
    >>> len(exact.fingerprints()[7].claim), exact.fingerprints()[7].finite
    (32, True)
    """

    width = Digest.width

    def __init__(self, blocks: Sequence[tuple[int, int]], pool: Executor) -> None:
        super().__init__(blocks, pool)
        self._tree = Digest()
        self._copies: deque[Future[Any]] = deque()

    def _part(self, index: int, block: Tensor) -> Callable[[], tuple[bytes, bool]]:
        while len(self._copies) >= AHEAD:
            self._copies.popleft().result()
        part = self.pool.submit(self._leaf, arriving(block))
        if block.is_cuda:
            self._copies.append(part)
        return part.result

    def _leaf(self, arrived: Callable[[], np.ndarray]) -> tuple[bytes, bool]:
        block = arrived()
        return self._tree.leaf(memoryview(block.data).cast("B")), bool(np.isfinite(block).all())

    def _joined(self, parts: list[tuple[bytes, bool]]) -> Fingerprint:
        root = self._tree.root(b"".join(leaf for leaf, _ in parts))
        return Fingerprint(root, all(finite for _, finite in parts))


class Product(Fingerprints[Any]):
    """<r, S> in float64 for each lane, 8 bytes little-endian, and the norm |S|.

        r = (odd 16-bit integers) / 2^16,   E r = 0,   sd(r) = sqrt((2^30 - 1) / 3) / 2^16

    r comes from BLAKE3's extendable output on seed and lane, from the place that belongs to the
    block: no r of length D is ever held. Its entries are exact in float32 and never 0. A block
    on a GPU is multiplied there. A product of 0 is written as -0.0: a claim is never all zeros.

    blocks, pool: as in `Fingerprints`.
    seed: bytes. Told to nobody before the sums are in.
    lanes: int >= 1. Independent vectors r.
    Raises ValueError if lanes < 1.
    """

    def __init__(
        self, blocks: Sequence[tuple[int, int]], pool: Executor, seed: bytes, lanes: int
    ) -> None:
        check_whole("probe.lanes", lanes, 1, use=1)
        super().__init__(blocks, pool)
        self.seed, self.lanes, self.width = seed, lanes, 8 * lanes
        self._integers = lru_cache(KEPT)(partial(odd_rows, self.blocks, seed, lanes))

    def _part(self, index: int, block: Tensor) -> Callable[[], Any]:
        if block.device.type == "cpu":
            return self.pool.submit(self._products, index, block).result
        products = self._products_there(index, block)
        return lambda: products.cpu().numpy()

    def _products(self, index: int, block: Tensor) -> np.ndarray:
        """[lanes + 1] float64: the products of a block with 2^16 r, and with itself."""
        vector, integers = block.numpy(), self._integers(index)
        products = np.zeros(self.lanes + 1)
        with np.errstate(invalid="ignore", over="ignore"):
            for lo in range(0, len(vector), PIECE):
                piece = vector[lo : lo + PIECE].astype(np.float64)
                for lane, row in enumerate(integers[:, lo : lo + PIECE]):
                    products[lane] += piece @ row.astype(np.float64)
                products[-1] += piece @ piece
        return products

    def _products_there(self, index: int, block: Tensor) -> Tensor:
        vector = block.double()
        integers = torch.from_numpy(self._integers(index)).to(block.device)
        rows = [*(lane.double() @ vector for lane in integers), vector @ vector]
        return torch.stack(rows)

    def _joined(self, parts: list[Any]) -> Fingerprint:
        with np.errstate(invalid="ignore", over="ignore"):
            *products, square = np.sum(parts, axis=0, initial=0.0).tolist()
        values = np.array([UNIT * product or -0.0 for product in products], dtype="<f8")
        return Fingerprint(values.tobytes(), math.isfinite(square), math.sqrt(square))


def odd(seed: bytes, lane: int, lo: int, hi: int) -> np.ndarray:
    """[hi - lo] int16: 2^16 r at coordinates lo..hi, uniform on the odd numbers of 16 bits."""
    output = blake3(seed + lane.to_bytes(8, "little"))
    raw = output.digest(length=2 * (hi - lo), seek=2 * lo)
    return np.frombuffer(raw, dtype="<i2").astype(np.int16) | np.int16(1)


def odd_rows(blocks: list[tuple[int, int]], seed: bytes, lanes: int, index: int) -> np.ndarray:
    """[lanes, b] int16: 2^16 r of every lane in one block."""
    return np.stack([odd(seed, lane, *blocks[index]) for lane in range(lanes)])


def values_of(claim: bytes, lanes: int) -> np.ndarray:
    """[lanes] float64: the products that a claim states; NaN if it has not 8 bytes a lane."""
    if len(claim) != 8 * lanes:
        return np.full(lanes, math.nan)
    return np.frombuffer(claim, dtype="<f8").astype(np.float64)
