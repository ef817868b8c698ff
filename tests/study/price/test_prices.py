"""Prices from made-up measurements: ratios per round, the busiest rank, figures of a mean step."""

import pytest
from price_parts import PASSES, made_up

from robusttrain.study.price.prices import prices


@pytest.fixture
def table():
    return {price.name: price for price in prices(made_up(), PASSES)}


def test_the_price_is_the_median_of_the_ratios_of_each_round(table):
    assert table["ddp"].wall_price == table["ddp"].cpu_price == 1
    assert table["probe:1"].wall_price == 2.5  # 2 in one round, 3 in the other
    assert table["probe:1"].cpu_price == 1.0  # 4 over 4 CPU seconds
    assert table["plain"].wall_price == 2


def test_without_ddp_there_is_no_price():
    blocks = [block for block in made_up() if block.row != "ddp"]
    (price,) = prices(blocks, {"probe:1": 2})
    assert price.wall_price is None
    assert price.cpu_price is None


def test_seconds_and_bytes_are_those_of_a_step(table):
    price = table["probe:1"]
    assert price.seconds == (2 + 30) / 2
    assert price.quartiles[1] == 16
    assert price.sent == {"pull": 2e6}
    assert price.beside == {"commit": 0.125}
    assert price.server["update"] == 0.25


def test_the_busiest_rank_is_the_one_that_waits_least(table):
    price = table["probe:1"]
    assert price.rank == 2
    assert price.computing == 2 + 0.5
    assert price.worker["wait"] == price.seconds - price.computing
    assert price.cpus == {0: 5.5, 1: 2.75, 2: 2.75}
