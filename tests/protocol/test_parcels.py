"""Parcels: every row of every block once, in messages of limited length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robusttrain.protocol import parcels as module
from robusttrain.protocol.parcels import Parcels

LIMIT = 12


@given(size=st.integers(1, 40), block=st.integers(1, 40), rows=st.integers(1, 30))
def test_every_row_of_every_block_comes_once_in_order(size, block, rows):
    blocks = cut(size, block)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PARCEL", LIMIT)
        parcels = Parcels(blocks, rows)
        came = [parcels[index] for index in range(len(parcels))]
        lengths = [parcels.bytes(index) for index in range(len(parcels))]
        ends = [parcels.after(number) for number in range(len(blocks))]
    rows_of = [(b, row) for b, lo, hi in came for row in range(lo, hi)]
    assert rows_of == [(b, row) for b in range(len(blocks)) for row in range(rows)]
    width = [hi - lo for lo, hi in blocks]
    assert lengths == [4 * (hi - lo) * width[b] for b, lo, hi in came]
    assert all(length <= 4 * max(LIMIT, width[0]) for length in lengths)
    assert ends == [sum(b <= number for b, _, _ in came) for number in range(len(blocks))]


def cut(size: int, block: int) -> list[tuple[int, int]]:
    return [(lo, min(lo + block, size)) for lo in range(0, size, block)]


@pytest.mark.parametrize("index", [-1, 4])
def test_there_are_no_others(index):
    with pytest.raises(IndexError, match=f"parcel {index} of 4"):
        Parcels([(0, 2**19), (2**19, 2**20)], rows=4)[index]
