"""Tables by name: those of the documentation can be read and run."""

import pytest

from robusttrain.config.compose import recipe
from robusttrain.study.grid_file import TABLES, names, read_grid


def test_an_unknown_table_lists_those_there_are():
    with pytest.raises(ValueError, match=r"no table 'prices'; there are .*probes"):
        read_grid("prices")


@pytest.mark.parametrize("name", names(TABLES))
def test_the_tables_of_the_docs_can_be_read(name):
    grid = read_grid(name)
    first = next(grid.cells())
    assert recipe(*first.words).seed == grid.seeds[0]
