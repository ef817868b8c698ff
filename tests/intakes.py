"""What tests of intakes share: messages of sums and claims, and a hub on which they arrive."""

from concurrent.futures import ThreadPoolExecutor

import torch

from robusttrain.comm.credit import Credit
from robusttrain.comm.link import Kind, Message, table
from robusttrain.comm.pace import Pace
from robusttrain.protocol.collecting import collect
from robusttrain.protocol.intake import Intake
from robusttrain.redundancy.fingerprint import Exact

BLOCKS = [(0, 2), (2, 3)]
HOSTING = {1: [0, 1], 2: [2]}
SAID = bytes([1]) * 32


def block(worker, index, step=5, values=(1.0, 2.0)):
    size = BLOCKS[index][1] - BLOCKS[index][0] if index < 2 else 1
    payload = torch.tensor(values[:size]).view(torch.uint8)
    return Message(Kind.SUM, step, worker, index, payload)


def claims(said):
    return Message(Kind.CLAIMS, 5, payload=table(said))


class Clocked:
    """A hub on which messages arrive at given times."""

    def __init__(self, arrivals, deadline=100.0):
        self.arrivals, self.deadline, self.now = list(arrivals), deadline, 0.0
        self.links, self.dropped, self.late = dict.fromkeys(HOSTING), {}, []

    def clock(self):
        return self.now

    def receive(self, until):
        while self.arrivals and self.arrivals[0][0] <= until:
            self.now, rank, message = self.arrivals.pop(0)
            if rank in self.links:
                return rank, message
        self.now = until
        return None

    @property
    def present(self):
        return list(self.links)

    unhurried = None

    def hush(self, ranks, kind, pace):
        self.late += ranks

    def drop(self, rank, reason):
        del self.links[rank]
        self.dropped[rank] = reason


def collected(arrivals, due=(), certain=True, workers=(0, 1, 2), credit=None, **more):
    rows = {w: torch.zeros(3) for w in workers}
    exact = Exact(BLOCKS, ThreadPoolExecutor(1))
    intake = Intake(5, rows, BLOCKS, exact, HOSTING, dict(due), 32)
    hub = Clocked(arrivals, **more)
    collect(intake, hub, Pace(0.0, hub.deadline, credit or Credit(0.0, 1e6), certain))
    return intake, hub


def whole(worker, rank, time):
    return [(time, rank, block(worker, i)) for i in range(2)]


ALL = [*whole(0, 1, 1.0), *whole(2, 2, 2.0), *whole(1, 1, 3.0)]
