"""What is said of machines that nothing was measured on."""

from math import inf

import pytest

from robusttrain.study.predict.far import Far
from robusttrain.study.predict.machine import Machine

MACHINE = Machine(flops=6e12, bandwidth=8e9, memory=1e12, message=1e-12, tokens=1000)


def test_computing_and_link_by_hand():
    far = Far(MACHINE, "unprobed", gpus=10, parameters=1e9)
    assert far.computing == pytest.approx(1)  # 6 x 1e9 x 1000 / 6e12
    assert far.linking == pytest.approx(10)  # 20 vectors of 4e9 bytes, 8e9 bytes a second
    assert Far(MACHINE, "probe:1", 10, 1e9).computing == pytest.approx(2)
    assert Far(MACHINE, "digest", 10, 1e9).computing == pytest.approx(3)
    assert Far(MACHINE, "digest", 10, 1e9, copies=5).computing == pytest.approx(5)


def test_the_price_falls_with_the_tokens_to_that_of_the_passes():
    for row, passes in (("unprobed", 1), ("probe:0.5", 1.5), ("none", 1), ("digest", 3)):
        far = Far(MACHINE, row, 10, 1e9)
        by_tokens = [far.price(10.0**exponent) for exponent in range(1, 13)]
        assert by_tokens == sorted(by_tokens, reverse=True)
        assert by_tokens[-1] == pytest.approx(passes, rel=1e-3)


def test_tokens_for_a_price_reach_it():
    far = Far(MACHINE, "unprobed", 10, 1e9)
    tokens = far.tokens_for(1.1)
    assert far.price(tokens) <= 1.1 < far.price(0.99 * tokens)
    assert Far(MACHINE, "probe:0.1", 10, 1e9).tokens_for(1.05) == inf


def test_the_server_holds_every_sum_but_only_some_blocks_of_rows():
    vector = 4e9
    assert Far(MACHINE, "unprobed", 10, 1e9).held == (4 + 10) * vector
    many = Far(Machine(block=1e6), "digest", 10, 1e9)
    assert many.held == pytest.approx((4 + 10 * 3 / 1000) * vector)
    assert (many.load("digest", 1).parts, many.load("unprobed", 1).parts) == (1000, 954)
    assert many.kept == (4 + 3) * vector
    assert Far(MACHINE, "none", 10, 1e9).kept == (4 + 1) * vector
    assert Far(MACHINE, "unprobed", 10, 1e9).kept == 5 * vector


def test_an_audit_adds_a_task_at_the_server():
    audit, digest = (Far(MACHINE, row, 10, 1e9).load(row, 1000) for row in ("audit", "digest"))
    assert audit.referee == pytest.approx(1 / 3)
    assert digest.referee == 0
    assert Far(MACHINE, "none", 10, 1e9).load("plain", 7).work.flops == 10 * 6 * 1e9 * 7
