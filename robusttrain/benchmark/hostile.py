"""Hostile frames: a rank sends whatever it likes over its link, beside an honest one.

A round is a server with two new links. In each of its steps the server publishes and gathers
commitments of `SIZE` bytes; the hostile rank answers with one frame of a random kind, from a seed,
until it is dropped. What counts: the process lives, no step loses the honest rank's answer, memory
and threads do not grow, and each frame is either taken, ignored as stale, or costs its rank the
link with a reason.
"""

import logging
import re
import resource
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import torch
from rich.table import Table

from robusttrain.comm.frame import NUMBERS
from robusttrain.comm.hub import Hub
from robusttrain.comm.link import MAGIC, Kind, LinkError, Message
from robusttrain.comm.pairs import CPU, raw_pair
from robusttrain.comm.tls_link import TlsLink

SIZE, LIMIT, STEPS = 3, 1 << 16, 16
DEADLINE = 30.0
VARIES = r"header \[.*?\], limit -?\d+: |\('.*?\)|(?<=failed: ).*|-?\d+"
BOMB = b"cos\nsystem\n(S'exit 1'\ntR."
KINDS = [int(kind) for kind in Kind]
HONEST = torch.tensor([1, 2, 3], dtype=torch.uint8)


def frame(step: int, kind: int = Kind.COMMIT, size: int = SIZE, data: bytes | None = None) -> bytes:
    """A frame as a correct rank sends it in `step`, but for what is given."""
    return NUMBERS.pack(MAGIC, kind, step, 0, 0, size) + (bytes(size) if data is None else data)


def noise(rng: np.random.Generator, step: int) -> bytes:
    return rng.bytes(int(rng.integers(1, 400)))


def a_number_changed(rng: np.random.Generator, step: int) -> bytes:
    """One of the six numbers of the header is anything."""
    numbers = [MAGIC, int(Kind.COMMIT), step, 0, 0, SIZE]
    scale = int(rng.integers(1, 63))
    numbers[rng.integers(6)] = int(rng.integers(-(1 << scale), 1 << scale))
    return NUMBERS.pack(*numbers) + bytes(SIZE)


def too_short(rng: np.random.Generator, step: int) -> bytes:
    return frame(step)[: int(rng.integers(1, 48 + SIZE))]


def too_long(rng: np.random.Generator, step: int) -> bytes:
    return frame(step) + rng.bytes(int(rng.integers(48, 4000)))


def beyond_the_limit(rng: np.random.Generator, step: int) -> bytes:
    return frame(step, size=LIMIT + int(rng.integers(1, 1 << 40)), data=b"")


def of_another_size(rng: np.random.Generator, step: int) -> bytes:
    return frame(step, size=int(rng.integers(4, LIMIT + 1)))


def empty(rng: np.random.Generator, step: int) -> bytes:
    return frame(step, size=0)


def of_another_kind(rng: np.random.Generator, step: int) -> bytes:
    return frame(step, kind=int(rng.choice(KINDS)))


def of_another_step(rng: np.random.Generator, step: int) -> bytes:
    return frame(step + int(rng.integers(-3, 4))) + frame(step)


def twice(rng: np.random.Generator, step: int) -> bytes:
    return 2 * frame(step)


def never(rng: np.random.Generator, step: int) -> bytes:
    return b""


def pickled(rng: np.random.Generator, step: int) -> bytes:
    """What would run a command if anything unpickled it."""
    return frame(step, kind=int(rng.choice(KINDS)), size=len(BOMB), data=BOMB)


def right(rng: np.random.Generator, step: int) -> bytes:
    return frame(step)


FRAMES: list[Callable[[np.random.Generator, int], bytes]] = [
    noise, a_number_changed, too_short, too_long, beyond_the_limit, of_another_size, empty,
    of_another_kind, of_another_step, twice, never, pickled, right,
]  # fmt: skip
ENDING = (noise, a_number_changed, too_short, never)  # these may wait for more: nothing follows


@dataclass
class Outcome:
    """frames: kind -> how many were sent. taken: kind -> how many answers were accepted.

    reasons: why the hostile rank lost its link -> how often. missed: answers of the honest rank
    that did not arrive. grown: bytes that the peak of this process' memory has grown by.
    threads: more than before.
    """

    frames: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    grown: int = 0
    threads: int = 0


def attack(count: int, seed: int) -> Outcome:
    """Send `count` frames, drawn from `seed`."""
    rng, outcome = np.random.default_rng(seed), Outcome()
    threads, peak = threading.active_count(), 0
    hub_log = logging.getLogger("robusttrain.comm.hub")
    level = hub_log.level
    hub_log.setLevel(logging.ERROR)
    try:
        while outcome.frames.total() < count:
            attack_once(rng, count - outcome.frames.total(), outcome)
            peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finally:
        hub_log.setLevel(level)
    outcome.grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak)
    outcome.threads = threading.active_count() - threads
    return outcome


def attack_once(rng: np.random.Generator, most: int, outcome: Outcome) -> None:
    """One round, of at most `most` frames."""
    (near, far), (other, connection) = raw_pair(), raw_pair()
    links = {1: TlsLink(near, CPU), 2: TlsLink(other, CPU)}
    honest = TlsLink(far, CPU)
    thread = threading.Thread(target=answer, args=(honest,), daemon=True)
    thread.start()
    hub = Hub(links, LIMIT, DEADLINE)
    for step in range(min(STEPS, most)):
        hub.send(dict.fromkeys(hub.links, Message(Kind.PUBLISH, step)))
        make = FRAMES[rng.integers(len(FRAMES))]
        send(connection, make(rng, step), ends=make in ENDING)
        outcome.frames[make.__name__] += 1
        answers = hub.gather(Message(Kind.COMMIT, step), dict.fromkeys((1, 2), SIZE))
        said = answers.get(1)
        outcome.missed += said is None or not bool((said == HONEST).all())
        outcome.taken[make.__name__] += answers.get(2) is not None
        if 2 not in hub.links:
            break
    if 2 in hub.lost:
        outcome.reasons[re.sub(VARIES, "...", hub.lost[2])] += 1
    hub.close()
    honest.close()
    connection.close()
    thread.join(DEADLINE)


def answer(link: TlsLink) -> None:
    """An honest rank: a commitment for each step, until the link ends."""
    with suppress(LinkError):
        while True:
            asked = link.receive(LIMIT)
            link.send(asked.reply(Kind.COMMIT, HONEST), DEADLINE)


def send(connection: ssl.SSLSocket, data: bytes, ends: bool) -> None:
    """Write bytes as they are; the server may have ended the connection."""
    with suppress(OSError):
        if data:
            connection.sendall(data)
        if ends:
            socket.socket.shutdown(connection, socket.SHUT_WR)


def hostile_table(outcome: Outcome) -> Table:
    """Frames of each kind, and how many were accepted; then why the rank lost its link."""
    table = Table(title=f"{outcome.frames.total()} hostile frames; the process lives")
    for column in ("what", "frames", "accepted"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for make in FRAMES:
        name = make.__name__
        shown = (name.replace("_", " "), str(outcome.frames[name]), str(outcome.taken[name]))
        table.add_row(*shown)
    table.add_section()
    for reason, times in outcome.reasons.most_common():
        table.add_row(f"lost: {reason}", str(times), "")
    table.add_section()
    table.add_row("answers of the honest rank that were missed", str(outcome.missed), "")
    table.add_row("MB that memory grew by", f"{outcome.grown / 1e6:.1f}", "")
    table.add_row("threads more than before", str(outcome.threads), "")
    return table
