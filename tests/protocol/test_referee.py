"""Referee: the server's own sum where no trusted rank answers."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.referee import Referee
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

    hub = SimpleNamespace(links={2: None}, send=sent.append, gather=gather)
    assert referee.true(plan, parameters, 3, SEED, hub, 5) == there
    assert referee.true(plan, parameters, 3, SEED, hub, 5) == own
    hub.links.clear()
    assert referee.true(plan, parameters, 3, SEED, hub, 5) == own
    assert [messages[2].index for messages in sent] == [1, 2]
