"""Infiltrator: what liars send takes the place of their sums and claims, and of nobody else's."""

import torch

from robusttrain.run.simulate import simulate
from robusttrain.study.infiltrator import Infiltrator
from robusttrain.study.siege import setting
from robusttrain.study.strategies import CLAIMS, SUMS


def run(sums, claims, steps=4):
    made = setting(5, 1.0, 2, steps)
    liars = Infiltrator(frozenset({1, 4}), SUMS[sums], CLAIMS[claims], 0)
    return liars, simulate(made, None, 1, side=liars)


def test_without_a_lie_the_bits_are_those_of_a_plain_run():
    liars, server = run("own", "honestly")
    made = setting(5, 1.0, 2, 4)
    assert torch.equal(server.parameters, simulate(made, None, 1).parameters)
    assert liars.forged == set()
    assert server.exchange.convicted == {}


def test_what_is_forged_is_noted_with_its_step():
    liars, server = run("forged", "collude")
    assert liars.forged == {(0, 1), (0, 4), (1, 1), (1, 4)}  # sent before the verdict on step 0
    assert sorted(server.exchange.convicted) == [1, 4]


def test_a_sum_that_is_cut_off_is_lost_and_no_lie():
    liars, server = run("cut", "honestly")
    assert liars.forged == set()
    assert server.exchange.convicted == {}
