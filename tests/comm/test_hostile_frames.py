"""A pickle bomb in every place where a worker can put bytes does nothing.

Random frames: tests/benchmark/test_hostile.py. Floods, strangers and peers that stop reading:
test_tls_link.py and test_door.py.
"""

import os
import pickle
from dataclasses import replace

import pytest
import torch
from probes import PROBES
from support import PATIENCE, SMALL, wait_for

from robusttrain.benchmark.hostile import frame
from robusttrain.comm.door import Door
from robusttrain.comm.hello import HELLO_BYTES
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, LinkError, Message, table
from robusttrain.comm.pairs import identity, raw_pair
from robusttrain.comm.reach import reach
from robusttrain.comm.tls_link import TlsLink
from robusttrain.config.recipe import recipe
from robusttrain.run.simulate import simulate

LONG, LIMIT = 60 * PATIENCE, 1 << 16
CPU = torch.device("cpu")
MARK = bytes(32)


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def bomb(tmp_path, monkeypatch):
    """The bytes; nothing has unpickled them when the test is over. They would have worked."""
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps(Bomb("b"), protocol=0)
    yield data
    assert not (tmp_path / "b").exists()
    pickle.loads(data + bytes(9))
    assert (tmp_path / "b").exists()


def test_in_a_frame_of_any_kind(bomb):
    for kind in Kind:
        near, far = raw_pair()
        hub = Hub({1: TlsLink(near, CPU)}, LIMIT, LONG)
        far.sendall(frame(0, kind=kind, size=len(bomb), data=bomb))
        answers = hub.gather(Message(Kind.COMMIT), {1: len(bomb)})
        assert (kind == Kind.COMMIT) == (1 in answers)
        assert kind == Kind.COMMIT or 1 in hub.lost
        hub.close()
        far.close()


@pytest.mark.parametrize("kind", [Kind.HELLO, Kind.FAILED, Kind.COMMIT])
@pytest.mark.parametrize("before", [b"", MARK])
def test_in_what_is_said_at_the_door(bomb, kind, before):
    door = Door(("127.0.0.1", 0), identity("server"), MARK, CPU)
    door.admit(1, identity("rank 1").certificate)
    said = Message(kind, payload=table((before + bomb).ljust(HELLO_BYTES, b"\0")))
    address, server = ("127.0.0.1", door.port), identity("server").certificate
    try:
        reach(address, identity("rank 1"), server, said, CPU, LONG)
    except LinkError:
        wait_for(lambda: door.turned)
    door.close()


@pytest.mark.parametrize(
    "words",
    [SMALL, (*SMALL, "agreement=none", "assignment=single", "detector=none"),
     (*PROBES, "steps=3")],
)  # fmt: skip
def test_in_all_that_a_rank_sends_in_a_run(configure, bomb, words):
    """With the sizes that are right, so that it gets as far as any bytes can."""

    def plant(delivery):
        message = delivery.message
        if delivery.up and delivery.rank == 1 and message.payload is not None:
            size = message.payload.numel()
            payload = table((bomb * (size // len(bomb) + 1))[:size])
            return (replace(delivery, message=replace(message, payload=payload)),)
        return (delivery,)

    made, steps = recipe(configure(*words)), []
    simulate(made, steps.append, 2, plant)
    assert len(steps) == made.steps
