"""Equal bits, and only those, agree."""

import numpy as np
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st
from support import plan_of

from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.agreement.digest import Digest


def root_of(row: np.ndarray, block: int) -> bytes:
    cuts = [row[lo : lo + block] for lo in range(0, len(row), block)]
    return Digest().root(b"".join(Digest().leaf(memoryview(cut).cast("B")) for cut in cuts))


def agree(first: np.ndarray, second: np.ndarray, block: int = 4) -> bool:
    roots = [np.frombuffer(root_of(row, block), np.uint8)[None] for row in (first, second)]
    said = Commitments.of(plan_of([[0, 1]]), dict(enumerate(roots)), Digest.width)
    return bool(np.ptp(said.claims().classes) == 0)


def test_the_tree_is_blake3_over_blake3():
    blocks = [b"first block", b"second", b""]
    leaves = b"".join(Digest().leaf(memoryview(block)) for block in blocks)
    assert leaves == b"".join(blake3(block).digest() for block in blocks)
    assert Digest().root(leaves) == blake3(leaves).digest()
    assert len(leaves) == 3 * Digest.width
    assert len(Digest().root(leaves)) == Digest.width


def test_one_leaf_is_not_its_own_root():
    leaf = Digest().leaf(memoryview(b"row"))
    assert Digest().root(leaf) != leaf


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 8), st.data())
def test_one_flipped_bit_is_another_class(size, block, data):
    row = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    assert agree(row, row.copy(), block)
    bits = row.copy().view(np.uint32)
    place = data.draw(st.integers(0, size - 1))
    bits[place] ^= np.uint32(1) << np.uint32(data.draw(st.integers(0, 31)))
    assert not agree(row, bits.view(np.float32), block)


def test_zeros_of_either_sign_differ():
    zeros = np.zeros(5, dtype=np.float32)
    assert np.array_equal(zeros, -zeros)
    assert not agree(zeros, -zeros)


def test_swapped_blocks_differ():
    row = np.arange(8, dtype=np.float32)
    assert not agree(row, np.roll(row, 4))
