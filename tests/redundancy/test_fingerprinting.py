"""Fingerprinting: the kind of the run, and fingerprints as bytes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from robusttrain.redundancy.fingerprint import values_of
from robusttrain.redundancy.fingerprinting import FACTS, Fingerprinting, packed, unpacked

SEED = bytes(range(32))
VECTOR = torch.arange(10.0)


def made(lanes: int) -> Fingerprinting:
    return Fingerprinting([(0, 6), (6, 10)], ThreadPoolExecutor(1), lanes)


@pytest.mark.parametrize(("lanes", "width"), [(0, 32), (1, 8), (3, 24)])
def test_a_claim_has_the_width_of_its_kind(lanes, width):
    claim = made(lanes).of(VECTOR, SEED).claim
    assert len(claim) == made(lanes).width == width


def test_only_products_depend_on_the_seed():
    assert made(0).of(VECTOR, SEED) == made(0).of(VECTOR, b"")
    assert made(1).of(VECTOR, SEED) != made(1).of(VECTOR, b"")


def test_no_claim_is_all_zeros_which_stand_for_none():
    claim = made(2).of(torch.zeros(10), SEED).claim
    assert any(claim)
    assert values_of(claim, 2).tolist() == [0, 0]


@pytest.mark.parametrize("sum_", [VECTOR, torch.full((10,), torch.nan)])
def test_bytes_and_back(sum_):
    for lanes in (0, 2):
        found = made(lanes).of(sum_, SEED)
        data = packed(found)
        assert len(data) == made(lanes).width + FACTS.size
        again = unpacked(data)
        assert (again.claim, again.finite) == (found.claim, found.finite)
        assert again.norm == pytest.approx(found.norm, rel=0, nan_ok=True)
