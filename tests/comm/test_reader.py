"""Reader: it holds a bounded number of messages and bytes; a peer that floods it waits."""

import queue
import threading

import pytest
import torch
from support import PATIENCE, wait_for

from robusttrain.comm import reader as module
from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.comm.reader import PAYLOADS, Reader

LIMIT, LONG = 1000, 60 * PATIENCE


class Source:
    """A link that gives what is put; None: it ends."""

    device = torch.device("cpu")

    def __init__(self, *items: Message | None) -> None:
        self.items, self.taken = queue.SimpleQueue(), 0
        for item in items:
            self.items.put(item)

    def receive(self, limit: int, seconds: float | None = None) -> Message:
        item = self.items.get()
        self.taken += 1
        if item is None:
            raise LinkError("ended")
        return item


def of_size(size: int, step: int = 0) -> Message:
    payload = torch.zeros(size, dtype=torch.uint8) if size else None
    return Message(Kind.ROWS, step, payload=payload)


@pytest.fixture
def started():
    """started(source) -> a Reader of it; it is at its end when the test is."""
    made = []

    def start(source: Source, arrived=lambda: None) -> Reader:
        made.append((source, Reader(source, LIMIT, arrived)))
        made[-1][1].start()
        return made[-1][1]

    yield start
    for source, reader in made:
        source.items.put(None)
        reader.join(LONG)
        assert not reader.is_alive()


@pytest.mark.parametrize(("size", "most"), [(LIMIT, PAYLOADS), (LIMIT // 2, 2 * PAYLOADS), (0, 20)])
def test_it_reads_on_only_when_there_is_room_and_loses_nothing(started, monkeypatch, size, most):
    monkeypatch.setattr(module, "MESSAGES", 20)
    source = Source(*(of_size(size, step) for step in range(30)))
    reader = started(source)
    for step in range(30):
        wait_for(lambda: source.taken == min(30, step + most), 10)  # noqa: B023
        assert reader.get(LONG).step == step
    assert source.taken == 30


def test_the_end_comes_last_and_stays_out_of_turn(started):
    reader = started(Source(of_size(3), None))
    assert reader.get(LONG).size == 3
    with pytest.raises(LinkError, match="ended"):
        reader.get(LONG)
    with pytest.raises(TimeoutError):
        reader.get(0.01)


def test_whoever_waits_is_told_of_each_message_and_of_the_end(started):
    told = threading.Semaphore(0)
    reader = started(Source(of_size(1), of_size(0), None), told.release)
    assert all(told.acquire(timeout=LONG) for _ in range(3))
    assert reader.ready()


def test_who_only_waits_for_the_end_throws_away_what_still_comes(started):
    source = Source(*(of_size(LIMIT) for _ in range(10 * PAYLOADS)), None)
    reader = started(source)
    wait_for(lambda: source.taken == PAYLOADS)
    reader.join(LONG)
    assert not reader.is_alive()
    assert source.taken == 10 * PAYLOADS + 1


def test_once_stopped_it_takes_in_one_message_more(started):
    source = Source()
    reader = started(source)
    reader.stop()
    for step in range(3):
        source.items.put(of_size(1, step))
    assert reader.get(LONG).step == 0
    super(Reader, reader).join(LONG)
    assert source.taken == 1
