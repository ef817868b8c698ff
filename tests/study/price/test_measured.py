"""Measurements survive the file in which a rank leaves them."""

from price_parts import made_up

from robusttrain.study.price.measured import read, write


def test_what_is_written_is_read(tmp_path):
    blocks = sorted(made_up(), key=lambda block: block.rank)
    for rank in (2, 0, 1):
        write([block for block in blocks if block.rank == rank], tmp_path, rank)
    assert read(tmp_path) == blocks
