"""Exchange: what all exchanges have in common."""

import numpy as np
import torch
from support import plan_of

from robusttrain.comm.link import Kind
from robusttrain.protocol.exchange import Exchange


class Quiet(Exchange):
    def settle(self, *arguments):
        raise NotImplementedError


def test_parameters_go_to_all_ranks_and_nothing_is_added_at_the_end():
    sent = {}

    class FakeHub:
        links = (1, 4)

        def send(self, messages):
            sent.update(messages)

    parameters, outcome = torch.arange(3.0), object()
    Quiet().publish(FakeHub(), plan_of(np.array([[0]]), step=7), parameters)
    assert sent.keys() == {1, 4}
    assert (sent[4].kind, sent[4].step) == (Kind.PUBLISH, 7)
    assert torch.equal(sent[4].floats(), parameters)
    assert Quiet().finish(FakeHub(), outcome) is outcome
