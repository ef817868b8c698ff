"""The rules of `Hub` over the in-process transport: deadlines, labels, sizes, lost ranks."""

import threading
from dataclasses import replace

import pytest
import torch
from simulation import change, die, garble, late, lose, when

from robusttrain.comm.link import Kind, LinkError, Message, Overlong, table
from robusttrain.protocol.in_process import Network
from robusttrain.protocol.schedule import on_time

CPU = torch.device("cpu")
LIMIT, DEADLINE = 100, 5.0


@pytest.fixture
def connect():
    """connect(*peers, schedule=...) -> a Hub whose rank i is the function peers[i-1](link)."""
    networks, before = [], set(threading.enumerate())

    def start(*peers, schedule=on_time, stalled=60.0):
        network = Network(CPU, schedule, stalled)
        networks.append(network)
        for rank, peer in enumerate(peers, start=1):
            network.start(rank, peer)
        return network.hub(LIMIT, DEADLINE)

    yield start
    for network in networks:
        network.close()
    assert set(threading.enumerate()) <= before


def answer(link):
    """Commits three bytes to each step it is asked for, then leaves at STOP."""
    while (message := link.receive(LIMIT, 20)).kind != Kind.STOP:
        payload = torch.full((3,), message.step, dtype=torch.uint8)
        link.send(message.reply(Kind.COMMIT, payload), 5)


def publish(hub, step):
    hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step, payload=table(b"parameters"))))
    payloads = hub.gather(Message(Kind.COMMIT, step), dict.fromkeys(list(hub.links), 3))
    return {rank: payload.tolist() for rank, payload in payloads.items()}


def test_payloads_arrive_and_are_counted_as_over_process_groups(connect):
    hub = connect(answer, answer)
    for step in range(3):
        assert publish(hub, step) == {1: [step] * 3, 2: [step] * 3}
    assert hub.received == 3 * 2 * (48 + 3)
    hub.stop()
    assert (hub.lost, hub.clock()) == ({}, 0)


def vanish(link):
    link.receive(LIMIT, 20)


def fail(link):
    link.receive(LIMIT, 20)
    raise ValueError("disk full")


def wait_for_ever(link):
    while True:
        link.receive(LIMIT)


def overlong(delivery):
    """A byte more arrives than its header says."""
    message = Overlong(Kind.COMMIT, payload=table(b"four"), announced=3)
    return (replace(delivery, message=message),)


@pytest.mark.parametrize(
    ("peer", "action", "reason", "time"),
    [
        (vanish, None, "broke: the rank ended", 0),
        (fail, None, "broke: ValueError: disk full", 0),
        (answer, die, "broke: power cut", 0),
        (
            answer, change(payload=table(b"four")),
            "broke the protocol: ('COMMIT', 0, 0, 0) of 4 bytes where "
            "('COMMIT', 0, 0, 0) of 3 was due", 0,
        ),
        (
            answer, change(payload=None),
            "broke the protocol: ('COMMIT', 0, 0, 0) of 0 bytes where "
            "('COMMIT', 0, 0, 0) of 3 was due", 0,
        ),
        (
            answer, change(step=7),
            "broke the protocol: ('COMMIT', 7, 0, 0) of 3 bytes where "
            "('COMMIT', 0, 0, 0) of 3 was due", 0,
        ),
        (
            answer, change(payload=table(bytes(101))),
            "broke the protocol: header [2903, 4, 0, 0, 0, 101], limit 100", 0,
        ),
        (
            answer, overlong,
            "broke the protocol: header [2903, 4, 0, 0, 0, 3], limit 100", 0,
        ),
        (
            answer, change(kind=99),
            "broke the protocol: header [2903, 99, 0, 0, 0, 3], limit 100", 0,
        ),
    ],
)  # fmt: skip
def test_a_bad_rank_is_dropped_alone(connect, peer, action, reason, time):
    schedule = on_time if action is None else when(action, rank=2)
    hub = connect(answer, peer, answer, schedule=schedule)
    assert publish(hub, 0) == {1: [0] * 3, 3: [0] * 3}
    assert hub.lost == {2: reason}
    assert hub.clock() == time
    assert publish(hub, 1) == {1: [1] * 3, 3: [1] * 3}
    hub.stop()
    assert hub.clock() == time


@pytest.mark.parametrize(
    ("peer", "action"), [(wait_for_ever, None), (answer, lose), (answer, late(6))]
)
def test_a_late_rank_is_silent_alone(connect, peer, action):
    schedule = on_time if action is None else when(action, rank=2)
    hub = connect(answer, peer, answer, schedule=schedule)
    assert publish(hub, 0) == {1: [0] * 3, 3: [0] * 3}
    assert (hub.lost, hub.silent, hub.clock()) == ({}, {2: "was late at COMMIT"}, 5)
    assert publish(hub, 1) == {1: [1] * 3, 3: [1] * 3}
    hub.stop()
    assert hub.clock() == 5


def test_there_is_one_deadline_for_all_ranks(connect):
    """Ranks 1 to 3 are late by 4 s each, and rank 4 by 6 s: together, not one after another."""
    slow, slower = when(late(4)), when(late(6), rank=4)
    hub = connect(*[answer] * 4, schedule=lambda d: slower(d) if d.rank == 4 else slow(d))
    assert set(publish(hub, 0)) == {1, 2, 3}
    assert list(hub.silent) == [4]
    assert hub.clock() == 5


def test_what_arrives_at_the_deadline_is_in_time(connect):
    hub = connect(answer, schedule=when(late(5)))
    assert publish(hub, 0) == {1: [0] * 3}


def test_what_is_stale_is_thrown_away(connect):
    """Rank 1 repeats all its earlier messages before each new one."""
    sent = []

    def replay(delivery):
        sent.append(delivery)
        return tuple(sent)

    hub = connect(answer, answer, schedule=when(replay, rank=1))
    for step in range(4):
        assert publish(hub, step) == {1: [step] * 3, 2: [step] * 3}
    assert hub.received == (4 + 4 + 6) * 51


def test_a_message_never_overtakes_another_on_its_link(connect):
    hub = connect(answer, schedule=when(late(3), kind=Kind.PUBLISH, until=0))
    for step in range(2):
        hub.send({1: Message(Kind.PUBLISH, step)})
    payloads = [hub.gather(Message(Kind.COMMIT, step), {1: 3})[1].tolist() for step in range(2)]
    assert payloads == [[0] * 3, [1] * 3]
    assert hub.clock() == 3


def test_a_payload_that_its_sender_changes_later_arrives_as_it_was(connect):
    heard = []

    def listen(link):
        heard.append(link.receive(LIMIT, 20).bytes().tolist())

    hub, parameters = connect(listen), torch.ones(2, dtype=torch.uint8)
    hub.send({1: Message(Kind.PUBLISH, payload=parameters)})
    parameters.zero_()
    hub.gather(Message(Kind.COMMIT), {1: 3})
    assert heard == [[1, 1]]


def test_a_rank_gives_up_when_the_server_is_silent_for_too_long(connect):
    heard = []

    def impatient(link):
        try:
            link.receive(LIMIT, 3)
        except LinkError as error:
            heard.append(str(error))
            raise

    hub = connect(impatient)
    hub.gather(Message(Kind.COMMIT), {1: 3})
    assert heard == ["was silent for 3 s"]
    assert hub.lost == {1: "broke: the server was silent for 3 s"}


def test_a_rank_that_sleeps_answers_when_it_wakes(connect):
    def sleepy(link):
        message = link.receive(LIMIT, 20)
        link.sleep(4)
        link.send(message.reply(Kind.COMMIT, table(b"abc")), 5)

    hub = connect(sleepy, answer)
    assert set(publish(hub, 0)) == {1, 2}
    assert hub.clock() == 4


def test_a_rank_that_was_dropped_is_told(connect):
    heard = []

    def listen(link):
        try:
            while True:
                link.receive(LIMIT)
        except LinkError as error:
            heard.append(str(error))

    hub = connect(listen, answer)
    hub.drop(1, "has said what it must not")
    publish(hub, 0)
    assert heard == ["closed the link"]


def test_nothing_is_sent_over_a_broken_link(connect):
    hub = connect(fail)
    publish(hub, 0)
    hub = connect(fail)
    hub.send({1: Message(Kind.PUBLISH)})
    hub.links[1].network.run(lambda: False, 1)
    hub.send({1: Message(Kind.PUBLISH)})
    assert hub.lost == {1: "broke: ValueError: disk full"}


def test_a_rank_that_never_waits_is_an_error_and_not_a_hang():
    release = threading.Event()
    network = Network(CPU, stalled=0.05)
    network.start(1, lambda link: release.wait())
    with pytest.raises(RuntimeError, match="rank 1 has not paused"):
        publish(network.hub(LIMIT, DEADLINE), 0)
    network.close()
    release.set()


def test_an_error_in_the_schedule_is_the_callers_not_a_ranks(connect):
    def broken(delivery):
        if delivery.up:
            raise KeyError("typo")
        return (delivery,)

    hub = connect(answer, schedule=broken)
    with pytest.raises(KeyError, match="typo"):
        publish(hub, 0)


def test_events_come_in_the_same_order_every_time(connect):
    """Ranks are late by different amounts, some equal, and one sends its answers garbled."""

    def log_of_a_run():
        log = []

        def schedule(delivery):
            log.append((delivery.rank, delivery.up, delivery.time, delivery.message.header))
            if delivery.up and delivery.rank == 3:
                (delivery,) = garble(delivery)
            return (replace(delivery, time=delivery.time + delivery.rank * 7 % 4),)

        hub = connect(*[answer] * 5, schedule=schedule)
        answers = [publish(hub, step) for step in range(20)]
        hub.stop()
        return log, answers, hub.clock()

    assert log_of_a_run() == log_of_a_run()
