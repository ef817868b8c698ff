"""Schedules: what happens to each message of the in-process transport, for faults and attacks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from robusttrain.comm.link import LinkError, Message


@dataclass(frozen=True, eq=False)
class Delivery:
    """A message on its way between the server and a worker rank.

    rank: int. The worker rank.
    up: bool. True: from the worker rank to the server; False: from the server.
    time: float. Virtual seconds from the start at which it arrives; at first, when it was sent.
        A message never overtakes an earlier one on the same way, and then arrives with it.
    message: Message, or a LinkError that breaks the link at the receiver.
    """

    rank: int
    up: bool
    time: float
    message: Message | LinkError


Schedule = Callable[[Delivery], Iterable[Delivery]]


def on_time(delivery: Delivery) -> Iterable[Delivery]:
    """The schedule of a faultless network: every message arrives at once, as it was sent."""
    return (delivery,)
