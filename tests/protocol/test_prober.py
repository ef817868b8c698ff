"""Prober: sums block by block without being asked, claims in the order of the hosted."""

import numpy as np
import pytest
import torch
from probes import PROBES

from robusttrain.comm.link import Kind, Message, table
from robusttrain.config.recipe import recipe
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of

CPU = torch.device("cpu")


@pytest.fixture
def prober(configure):
    def made(*words):
        checked = recipe(configure(*PROBES, *words))
        side = answers_of(checked, assembly.worker(checked, 2, 3, CPU))
        parameters = 0.1 * torch.ones(checked.layout.size)
        publish = Message(Kind.PUBLISH, 4, payload=parameters.view(torch.uint8))
        return side, checked, list(side.replies(publish, checked.planner, CPU))

    return made


def test_each_hosted_workers_sum_is_sent_in_blocks(prober):
    side, checked, replies = prober()
    hosted, blocks = side.worker.hosted, checked.layout.blocks
    labels = [(m.kind, m.step, m.pull, m.index) for m in replies]
    assert labels == [(Kind.SUM, 4, w, i) for w in hosted for i in range(len(blocks))]
    assert [m.size for m in replies[: len(blocks)]] == [4 * (hi - lo) for lo, hi in blocks]


def test_claims_are_about_the_successors_of_the_hosted_at_the_old_parameters(prober):
    side, *_ = prober("probe.checkers=2")
    one, *_ = side.worker.hosted
    order = [one, 6, 0]
    seed = bytes(range(32))
    reveal = Message(Kind.REVEAL, 5, payload=table(seed + np.array(order).tobytes()))
    (reply,) = side.replies(reveal, lambda step: pytest.fail("no plan is needed"), CPU)
    claims = [side.checker.claim(*side.published[-1], one, s, seed) for s in (6, 0)]
    assert (reply.kind, reply.step) == (Kind.CLAIMS, 5)
    assert reply.bytes().tobytes() == b"".join(claims)


def test_the_mute_send_no_sum(prober):
    liar = prober()[0].worker.hosted[0]
    words = ("attack=silent", "threat.byzantine=1", f"placement.workers=[{liar}]")
    assert liar not in {message.pull for message in prober(*words)[2]}
