"""Bits of float32 values, as they lie in bytes."""

import numpy as np

from robusttrain.values import is_whole, shown

BITS = 32


def check_place(coordinate: int | None, bit: int | None) -> None:
    """Raise ValueError unless both can be; None is drawn."""
    if coordinate is not None and not is_whole(coordinate):
        raise ValueError(f"coordinate={shown(coordinate)} must be a whole number >= 0; use 0")
    if bit is not None and not (is_whole(bit) and bit < BITS):
        raise ValueError(f"bit={shown(bit)} must be in 0..31, of a float32; use 30")


def place(
    size: int, coordinate: int | None, bit: int | None, rng: np.random.Generator
) -> tuple[int, int]:
    """(byte, mask) of one bit of a float32 among `size` bytes, little-endian.

    coordinate: which float32, modulo their number; bit: 0..31, 31 is the sign. None: drawn.

    >>> place(8, 1, 31, np.random.default_rng(0))
    (7, 128)
    """
    words = max(1, size // 4)
    word = int(rng.integers(words)) if coordinate is None else coordinate % words
    drawn = int(rng.integers(BITS)) if bit is None else bit
    return min(4 * word + drawn // 8, size - 1), 1 << drawn % 8
