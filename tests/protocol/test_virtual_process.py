"""Virtual process: what faults do to a rank of the in-process transport, on its clock."""

import math

import pytest
import torch

from robusttrain.comm.link import Kind, Message
from robusttrain.protocol.in_process import Network
from robusttrain.protocol.virtual_process import VirtualProcess

DEADLINE = 5.0
LATE = "was late at COMMIT"
FAULTS = {
    "kill": (lambda process: process.kill(), "broke: the rank was killed by SIGKILL", 0),
    "exit": (lambda process: process.exit(), "broke: the rank ended with exit code 1", 0),
    "stop": (lambda process: process.stop(None), LATE, DEADLINE),
    "stop for too long": (lambda process: process.stop(6), LATE, DEADLINE),
    "stop for a while": (lambda process: process.stop(4), None, 4),
    "sleep": (lambda process: process.sleep(2), None, 2),
    "refuse": (lambda process: process.refuse(), LATE, DEADLINE),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "lost", "time"), FAULTS.values(), ids=FAULTS)
def test_the_server_sees_what_it_would_see_of_a_process(fault, lost, time, caplog):
    network = Network(torch.device("cpu"))

    def rank(link):
        message = link.receive(100, math.inf)
        fault(VirtualProcess(link))
        link.send(message.reply(Kind.COMMIT), 1)

    network.start(1, rank)
    hub = network.hub(100, DEADLINE)
    hub.send({1: Message(Kind.PUBLISH)})
    heard = hub.gather(Message(Kind.COMMIT), {1: 0})
    network.close()
    assert {**hub.lost, **hub.silent} == ({} if lost is None else {1: lost})
    assert heard == ({1: None} if lost is None else {})
    assert network.time == time
    assert not any(record.exc_info for record in caplog.records)
