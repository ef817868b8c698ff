"""A fingerprint stands for a whole sum, however its blocks come and on however many threads."""

import math
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import torch
from blake3 import blake3

from robusttrain.redundancy import fingerprint as module
from robusttrain.redundancy.fingerprint import (
    AHEAD,
    SD,
    Exact,
    Fingerprint,
    Product,
    odd,
    values_of,
)

SEED = bytes(range(32))
SIZE = 1000
BLOCKS = list(pairwise([0, 300, 301, 700, SIZE]))
KINDS = {"exact": Exact, "product": lambda blocks, pool: Product(blocks, pool, SEED, 3)}


@pytest.fixture
def pool():
    with ThreadPoolExecutor(3) as threads:
        yield threads


def sums(count: int, seed: int = 0) -> torch.Tensor:
    rows = np.random.default_rng(seed).standard_normal((count, SIZE)).astype(np.float32)
    return torch.from_numpy(rows)


def fingerprint(kind, pool, vector, blocks=BLOCKS) -> Fingerprint:
    made = kind(blocks, pool)
    made.add_sum(0, vector)
    return made.fingerprints()[0]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_blocks_may_come_in_any_order_and_on_any_number_of_threads(kind, pool):
    rows = sums(5)
    mixed = kind(BLOCKS, pool)
    pairs = [(place, index) for place in range(5) for index in range(len(BLOCKS))]
    for place, index in np.random.default_rng(1).permutation(pairs).tolist():
        lo, hi = BLOCKS[index]
        mixed.add(place, index, rows[place, lo:hi])
    with ThreadPoolExecutor(1) as single:
        alone = {place: fingerprint(kind, single, rows[place]) for place in range(5)}
    assert mixed.fingerprints() == alone
    assert len({f.claim for f in alone.values()}) == 5


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_sum_that_is_not_whole_has_no_fingerprint(kind, pool):
    made = kind(BLOCKS, pool)
    made.add_sum(4, sums(1)[0])
    for index, (lo, hi) in list(enumerate(BLOCKS))[1:]:
        made.add(2, index, sums(1)[0, lo:hi])
    assert list(made.fingerprints()) == [4]
    assert len(made.fingerprints()[4].claim) == made.width


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_sum_with_one_value_that_is_not_finite_is_seen(kind, bad, pool):
    vector = sums(1)[0]
    assert fingerprint(kind, pool, vector).finite
    assert fingerprint(kind, pool, vector * 1e30).finite
    vector[300] = bad
    assert not fingerprint(kind, pool, vector).finite


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_block_is_taken_once_and_at_its_length(kind, pool):
    made = kind(BLOCKS, pool)
    made.add(0, 1, torch.ones(1))
    with pytest.raises(AssertionError, match="already"):
        made.add(0, 1, torch.ones(1))
    with pytest.raises(AssertionError, match="300 coordinates"):
        made.add(0, 0, torch.ones(299))


def test_an_exact_claim_is_the_tree_over_the_blocks(pool):
    vector = sums(1)[0]
    leaves = b"".join(blake3(vector[lo:hi].numpy().tobytes()).digest() for lo, hi in BLOCKS)
    assert fingerprint(Exact, pool, vector).claim == blake3(leaves).digest()


def test_an_exact_claim_sees_every_flipped_bit(pool):
    vector = sums(1)[0]
    claim = fingerprint(Exact, pool, vector).claim
    for coordinate in (0, 299, 300, 999):
        for bit in range(32):
            flipped = vector.clone().view(torch.int32)
            flipped[coordinate] ^= np.array(1 << bit, np.uint32).astype(np.int32).item()
            assert fingerprint(Exact, pool, flipped.view(torch.float32)).claim != claim
    assert fingerprint(Exact, pool, torch.zeros(SIZE)) != fingerprint(
        Exact, pool, -torch.zeros(SIZE)
    )


def test_an_entry_of_r_is_odd_and_has_the_stated_deviation():
    integers = odd(SEED, 0, 0, 2**20).astype(np.int64)
    assert (integers % 2 == 1).all()
    every = np.arange(-(2**15) + 1, 2**15, 2) / 2**16
    assert every.std() == pytest.approx(SD, rel=1e-12)
    assert pytest.approx(math.sqrt(1 / 12), rel=1e-9) == SD
    assert integers.std() / 2**16 == pytest.approx(SD, rel=5e-3)
    assert abs(integers.mean() / 2**16) < 5 * SD / 2**10
    assert (integers.astype(np.float32) / np.float32(2**16) * 2**16 == integers).all()


def test_a_block_of_r_is_a_part_of_the_whole_r():
    whole = odd(SEED, 5, 0, SIZE)
    for lo, hi in BLOCKS:
        assert (odd(SEED, 5, lo, hi) == whole[lo:hi]).all()
    raw = blake3(SEED + (5).to_bytes(8, "little")).digest(length=2 * SIZE)
    assert (np.frombuffer(raw, "<i2") | 1 == whole).all()
    assert (odd(SEED, 6, 0, SIZE) != whole).any()
    assert (odd(SEED[::-1], 5, 0, SIZE) != whole).any()


def test_a_product_claim_is_the_product_in_float64_in_each_lane(pool):
    vector = sums(1)[0] * 1e20
    made = fingerprint(KINDS["product"], pool, vector)
    exact = vector.double().numpy()
    for lane, value in enumerate(values_of(made.claim, 3)):
        r = odd(SEED, lane, 0, SIZE) / 2**16
        assert value == pytest.approx(r @ exact, rel=1e-12)
    assert made.norm == pytest.approx(np.linalg.norm(exact), rel=1e-12)


def test_a_product_does_not_depend_on_how_the_sum_is_cut(pool, monkeypatch):
    vector = sums(1)[0]
    one = fingerprint(KINDS["product"], pool, vector, [(0, SIZE)])
    many = fingerprint(KINDS["product"], pool, vector)
    monkeypatch.setattr(module, "PIECE", 7)
    pieces = fingerprint(KINDS["product"], pool, vector)
    np.testing.assert_allclose(values_of(pieces.claim, 3), values_of(many.claim, 3), rtol=1e-12)
    assert pieces.norm == pytest.approx(many.norm, rel=1e-12)
    np.testing.assert_allclose(values_of(one.claim, 3), values_of(many.claim, 3), rtol=1e-12)


def test_values_of_a_claim_of_another_length_are_not_numbers():
    claim = np.array([1.5, -2.0], "<f8").tobytes()
    assert values_of(claim, 2).tolist() == [1.5, -2.0]
    for wrong in (b"", claim[:-1], claim + b"\0", claim[:8]):
        assert np.isnan(values_of(wrong, 2)).all()


def test_a_lane_at_least(pool):
    with pytest.raises(ValueError, match=r"probe\.lanes=0 must be a whole number >= 1"):
        Product(BLOCKS, pool, SEED, 0)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_nothing_of_a_step_is_kept_by_a_cycle(kind, pool):
    made = kind(BLOCKS, pool)
    made.add_sum(0, sums(1)[0])
    made.fingerprints()
    gone = weakref.ref(made)
    del made
    pool.submit(int).result()
    assert gone() is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_sum_on_the_gpu_has_the_fingerprint_that_it_has_on_the_cpu(kind, pool):
    size = 3 * AHEAD * 1000
    vector = torch.from_numpy(np.random.default_rng(0).standard_normal(size).astype(np.float32))
    blocks = list(pairwise(range(0, size + 1, 1000)))
    here = fingerprint(kind, pool, vector, blocks)
    there = fingerprint(kind, pool, vector.cuda(), blocks)
    assert there.finite == here.finite
    if kind is Exact:
        assert there.claim == here.claim
    else:
        np.testing.assert_allclose(values_of(there.claim, 3), values_of(here.claim, 3), rtol=1e-10)
        assert there.norm == pytest.approx(here.norm, rel=1e-12)
