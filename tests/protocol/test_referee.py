"""Referee: the server's own sum where no trusted rank answers."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.referee import Referee, perturbed
from robusttrain.protocol.share_gradients import as_engine
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.redundancy.fingerprinting import Fingerprinting, packed
from robusttrain.run import assembly
from robusttrain.training.gradient.sums import Sums

SEED = bytes(range(32))


def test_a_trusted_rank_is_asked_as_long_as_it_answers(configure):
    made = recipe(configure(*PROBES))
    sums = as_engine(Sums, assembly.recompute(made, torch.device("cpu")).gradients)
    fingerprinting = Fingerprinting(made.layout.blocks, ThreadPoolExecutor(1), 1)
    referee = Referee(2, lambda: sums, fingerprinting)
    parameters, plan = 0.1 * torch.ones(made.layout.size), made.planner(4)
    own = fingerprinting.of(sums.sum(parameters, plan, 3, torch.empty_like(parameters)), SEED)
    there = Fingerprint(bytes(range(8)), True, 2.0)
    answers = [torch.frombuffer(bytearray(packed(there)), dtype=torch.uint8), None]
    sent = []

    def gather(wanted, sizes):
        assert (wanted.step, sizes) == (5, {2: len(packed(there))})
        return {2: answers.pop(0)}

    hub = SimpleNamespace(present={2: None}, send=sent.append, gather=gather)
    assert referee.true(plan, parameters, 3, SEED, 0, hub, 5) == there
    assert referee.true(plan, parameters, 3, SEED, 0, hub, 5) == own
    hub.present.clear()
    assert referee.true(plan, parameters, 3, SEED, 0, hub, 5) == own
    assert [messages[2].index for messages in sent] == [1, 2]


def test_perturbations_are_small_relative_repeatable_and_none_for_0():
    parameters = torch.tensor([1.0, -100.0, 0.0]).repeat(1000)
    assert perturbed(parameters, 0) is parameters
    for number, size in ((1, 1e-6), (2, 1e-5), (3, 1e-6)):
        moved = perturbed(parameters, number)
        assert torch.equal(moved, perturbed(parameters, number))
        relative = (moved - parameters)[parameters != 0] / parameters[parameters != 0]
        assert 0.9 * size < relative.std() < 1.1 * size
        assert not moved[parameters == 0].any()
    assert not torch.equal(perturbed(parameters, 1), perturbed(parameters, 3))
