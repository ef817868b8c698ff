"""Bits: where they lie in little-endian float32."""

import numpy as np
import pytest

from robusttrain.threat.bits import check_place, place

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("coordinate", range(3))
@pytest.mark.parametrize("bit", range(32))
def test_the_byte_and_the_mask_are_those_of_the_bit(coordinate, bit):
    words = np.zeros(3, dtype="<u4")
    byte, mask = place(12, coordinate, bit, RNG)
    words.view(np.uint8)[byte] ^= mask
    assert words.tolist() == [(1 << bit) * (i == coordinate) for i in range(3)]


@pytest.mark.parametrize("size", range(1, 9))
def test_a_place_is_within_the_bytes_however_few(size):
    places = [place(size, None, None, RNG) for _ in range(100)]
    assert all(0 <= byte < size and 0 < mask < 256 for byte, mask in places)


def test_what_is_drawn_needs_no_check():
    check_place(None, None)
    with pytest.raises(ValueError, match=r"bit=1.5 must be in 0..31"):
        check_place(0, 1.5)
