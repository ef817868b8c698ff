"""Prober: sums block by block without being asked, claims in the order of the hosted."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from probes import PROBES
from support import wait_for
from torch.utils.data import Dataset

from robusttrain.comm.link import Kind, Message, table
from robusttrain.config.recipe import recipe
from robusttrain.ops import layout
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.on_demand import OnDemand

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def some_parcels(monkeypatch):
    """A sum of a small model in as many messages as blocks."""
    monkeypatch.setattr(layout, "PARCEL", 1)


@pytest.fixture
def prober(configure):
    def made(*words):
        checked = recipe(configure(*PROBES, *words))
        side = answers_of(checked, assembly.worker(checked, 2, 3, CPU))
        return side, checked, list(side.replies(publish(checked, 4), checked.planner, CPU))

    return made


def publish(checked, step):
    parameters = 0.1 * torch.ones(checked.layout.size)
    return Message(Kind.PUBLISH, step, payload=parameters.view(torch.uint8))


def test_each_hosted_workers_sum_is_sent_in_parcels_of_blocks(prober, monkeypatch):
    monkeypatch.setattr(layout, "PARCEL", 8000)
    side, checked, replies = prober("runtime.block=4000")
    hosted, blocks = side.worker.hosted, checked.layout.blocks
    assert len(blocks) % 2
    labels = [(m.kind, m.step, m.pull, m.index) for m in replies]
    assert labels == [(Kind.SUM, 4, w, i) for w in hosted for i in range(0, len(blocks), 2)]
    sizes = [m.size for m in replies[: len(blocks) // 2 + 1]]
    assert sizes == [*[32_000] * (len(blocks) // 2), 4 * (blocks[-1][1] - blocks[-1][0])]


def test_a_sum_is_on_its_way_before_the_next_one_is_computed(configure, monkeypatch):
    computed = []
    whole = Sums.sum

    def noted(sums, parameters, plan, worker, out):
        computed.append(worker)
        return whole(sums, parameters, plan, worker, out)

    monkeypatch.setattr(Sums, "sum", noted)
    checked = recipe(configure(*PROBES))
    side = answers_of(checked, assembly.worker(checked, 2, 3, CPU))
    parameters = torch.zeros(checked.layout.size)
    publish = Message(Kind.PUBLISH, 4, payload=parameters.view(torch.uint8))
    for message in side.replies(publish, checked.planner, CPU):
        assert computed[-1] == message.pull
    assert computed == side.worker.hosted
    assert len(computed) > 1


def test_a_rank_that_has_just_come_back_claims_nothing(configure):
    """It is told of a step that it has not heard of; zeros stand for no claim."""
    checked = recipe(configure(*PROBES))
    side = answers_of(checked, assembly.worker(checked, 2, 3, CPU))
    order = [*side.worker.hosted, 6, 0]
    reveal = Message(Kind.REVEAL, 5, payload=table(bytes(32) + np.array(order).tobytes()))
    (said,) = side.replies(reveal, checked.planner, CPU)
    assert (said.kind, said.step) == (Kind.CLAIMS, 5)
    width = side.checker.fingerprinting.width
    assert said.bytes().tobytes() == bytes(width * len(side.worker.hosted))


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


class Counted(Dataset):
    """Items of a set in memory; counts how often each is read, in any process."""

    def __init__(self, samples):
        self.samples = samples
        self.counts = torch.zeros(len(samples), dtype=torch.int64).share_memory_()

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, number):
        self.counts[number] += 1
        return tuple(leaf[number] for leaf in (self.samples.inputs, self.samples.targets))


def test_the_next_share_is_read_ahead_and_each_share_once_unless_a_check_comes_between(configure):
    """Rank 1 of 7 hosts worker 0; its shares of these steps, and all others', are disjoint."""
    checked = recipe(configure(*PROBES, "objective.chunk=4"))
    plain = assembly.worker(checked, 1, 7, CPU)
    gradients = copy(plain.recompute.gradients)
    memory = gradients.data
    items = Counted(memory)
    gradients.data = OnDemand(items, 1, CPU)
    gradients.data.prepare = memory.prepare
    recompute = replace(plain.recompute, gradients=gradients)
    ahead = answers_of(checked, replace(plain, recompute=recompute, reads_ahead=True))
    sides = ahead, answers_of(checked, plain)

    def read(step, worker):
        return set(items.counts[checked.planner(step).samples[worker].copy()].tolist())

    def say(message):
        found, wanted = (list(side.replies(message, checked.planner, CPU)) for side in sides)
        assert [m.bytes().tolist() for m in found] == [m.bytes().tolist() for m in wanted]

    for step in (4, 5):
        say(publish(checked, step))
        assert read(step, 0) == {1}
        ahead.expect(lambda step=step: checked.planner(step + 1))
        first = checked.planner(step + 1).samples[0, :8].copy()
        wait_for(lambda first=first: items.counts[first].tolist() == [1] * 8)
    assert items.counts.sum() <= 30
    order = np.array([0, 3, 1, 2, 4, 5, 6])
    say(Message(Kind.REVEAL, 6, payload=table(bytes(32) + order.tobytes())))
    assert read(5, 3) == {1}
    wait_for(lambda: items.counts[first].tolist() == [2] * 8)
    say(publish(checked, 6))
    assert read(4, 0) == read(5, 0) == {1}
    assert read(6, 0) <= {1, 2}


@pytest.mark.parametrize(("asked", "count"), enumerate([0, 0, 1, 2, 2, 3]))
def test_a_sum_ends_where_the_server_has_gone_on(prober, asked, count):
    """Asked before all; for each of two sums before it and after each of its two blocks."""
    side, checked, replies = prober()
    answers = iter([*[False] * asked, True])
    sent = list(side.replies(publish(checked, 5), checked.planner, CPU, lambda: next(answers)))
    assert len(sent) == count
    assert [m.header[2:] for m in sent] == [[5, *m.header[3:]] for m in replies[: len(sent)]]
    again = list(side.replies(publish(checked, 6), checked.planner, CPU))
    assert len(again) == len(replies)


def test_of_a_step_that_is_over_the_parameters_are_known_and_nothing_is_said(prober):
    side, checked, _ = prober()
    told = (checked.planner, CPU, lambda: True)
    reveal = Message(Kind.REVEAL, 6, payload=table(bytes(32) + np.arange(7).tobytes()))
    assert list(side.replies(publish(checked, 5), *told)) == []
    assert list(side.replies(reveal, *told)) == []
    assert [plan.step for plan, _ in side.published] == [5]
    assert len(list(side.replies(reveal, checked.planner, CPU))) == 1


def test_of_a_step_whose_parameters_did_not_come_nothing_is_said(prober):
    side, checked, _ = prober()
    assert list(side.replies(Message(Kind.PUBLISH, 5), checked.planner, CPU)) == []
    assert [plan.step for plan, _ in side.published] == [4]
