"""Loads of rows of the price table, from their recipes."""

import pytest
from price_parts import setting_of

from robusttrain.study.predict.loads import Loads


@pytest.fixture(scope="module")
def loads():
    return Loads(setting_of(), cores=2)


def test_every_worker_adds_its_share(loads):
    plain, ddp, sums = (loads.of(name) for name in ("plain", "ddp", "unprobed"))
    assert plain.work == ddp.work.times(2)
    assert sums.work == ddp.work
    assert (plain.micro, ddp.micro) == (4, 2)
    assert sums.vector == 4 * 9850
    assert (sums.vectors, sums.compared, sums.ruled, sums.hashed) == (4, 4, 8, 0)
    assert (sums.parts, loads.of("none").parts) == (2, 1)  # a rank sends two sums, or one block
    assert (sums.server_threads, sums.rank_threads) == (2, 1)


def test_checks_go_by_share_and_checkers(loads):
    probed = loads.of("probe:0.25x2")
    assert (probed.checks, probed.told, probed.hashed) == (0.5, 0.25, 1)


def test_rows_are_those_of_distinct_tasks(loads):
    digest, none = loads.of("digest"), loads.of("none")
    # Each of the four triples of four workers has a member on either rank.
    assert (digest.vectors, digest.hashed, digest.compared) == (4, 4, 4)
    assert (none.vectors, none.hashed, none.compared, none.ruled) == (4, 0, 0, 4)
    assert digest.work.flops == 2 * none.work.flops
    assert digest.ruled == 4 + 2 * 4


def test_an_audit_computes_a_chunk_at_the_server(loads):
    audit = loads.of("audit")
    assert audit.referee == 0.5  # two tasks together, of four
    assert loads.of("digest").referee == 0
