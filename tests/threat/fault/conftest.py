"""What the tests of faults share: a hit on a message, with a process that notes what is done."""

import numpy as np
import pytest
import torch

from robusttrain.comm.link import Kind, Message
from robusttrain.threat.fault.base import Hit


class Noted:
    """A process that goes on whatever is done to it."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        return lambda *given: self.done.append((name, *given))


@pytest.fixture
def hit():
    """hit(payload, owners, worker, **changes) -> Hit on COMMIT of step 4, and its process."""

    def made(payload=range(8), owners=(5, 7, 5, 9), worker=5, **changes):
        payload = torch.tensor(list(payload), dtype=torch.uint8)
        free = {"table": False, "before": None, "process": Noted(), "rng": np.random.default_rng(0)}
        return Hit(Message(Kind.COMMIT, 4, payload=payload), owners, worker, **free | changes)

    return made
