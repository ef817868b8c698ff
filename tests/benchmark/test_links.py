"""Links: pairs carry messages, and the table has a figure for each kind and size."""

import pytest

from robusttrain.benchmark.links import KINDS, SIZES, links_table, rate
from robusttrain.comm.link import HEADER_BYTES


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_is_of_bytes_that_arrived(kind):
    ends = KINDS[kind]()
    assert rate(ends, 1 << 16, 3) > 0
    assert ends[0].received == 3 * ((1 << 16) + HEADER_BYTES)
    for end in ends:
        end.close()


def test_the_table_has_a_row_for_each_size():
    table = links_table(1 << 18, repeat=1)
    assert [column.header for column in table.columns] == ["KB a message", *KINDS]
    assert table.row_count == len(SIZES)
