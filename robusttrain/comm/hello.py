"""HELLO: the first message of a worker rank: what it runs, and where."""

from dataclasses import dataclass

import torch

from robusttrain.comm.link import Kind, Message, table
from robusttrain.comm.machine import MACHINE_BYTES, Machine

FINGERPRINT_BYTES = 32
HELLO_BYTES = FINGERPRINT_BYTES + MACHINE_BYTES
DIFFERS = (
    "runs another configuration, other library versions or other data than the server; start all "
    "ranks with the same command on the same installation and files, and draw no data without a "
    "seed"
)


@dataclass(frozen=True)
class Hello:
    """fingerprint: stands for the configuration and the versions of a rank. machine: where it runs.

    >>> told = Hello(bytes(32), Machine("node-7", "cpu", 4711))
    >>> Hello.decode(told.encode()) == told
    True
    """

    fingerprint: bytes
    machine: Machine

    @classmethod
    def decode(cls, said: bytes) -> "Hello":
        """What `encode` made; of anything else what can be had of it."""
        machine = Machine.decode(said[FINGERPRINT_BYTES:])
        return cls(said[:FINGERPRINT_BYTES], machine)

    def encode(self) -> bytes:
        return self.fingerprint + self.machine.encode()


def hello(fingerprint: bytes, device: torch.device, failure: bytes = b"") -> Message:
    """The first message of this rank.

    failure: bytes. What `pack` made, if all there is to tell is that this rank has failed.
    """
    if failure:
        return Message(Kind.FAILED, payload=table(failure))
    return Message(Kind.HELLO, payload=table(Hello(fingerprint, Machine.here(device)).encode()))
