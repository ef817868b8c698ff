"""A frame is longer than announced."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from robusttrain.comm.link import Message, Overlong
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Oversize(Fault):
    """The payload has `extra` bytes more than the header of its message announces.

    extra: int >= 1 (ValueError).
    unsafe: with runtime.backend=gloo or nccl such a frame ends the *server's process*, so that a
        launch refuses this fault unless this is true; with tls, and in one process, it is not
        needed: the rank loses its link.
    """

    extra: int = 1 << 16
    unsafe: bool = False
    source: ClassVar[str] = "Miller, Fredriksen and So, Reliability of UNIX Utilities (1990)"
    fits: ClassVar[Literal["sent"]] = "sent"

    def __post_init__(self) -> None:
        if self.extra < 1:
            raise ValueError("extra must be a whole number >= 1; use 65536")

    @property
    def refused(self) -> str:
        why = "Gloo ends the server's process when a frame is longer than announced"
        return "" if self.unsafe else f"{why}; use runtime.backend=tls, or unsafe: true to see it"

    def strike(self, hit: Hit) -> list[Message]:
        message = hit.message
        data = torch.zeros(message.size + self.extra, dtype=torch.uint8)
        if message.payload is not None:
            data = data.to(message.payload.device)
            data[: message.size] = message.payload
        kind, step, pull, index = message.kind, message.step, message.pull, message.index
        return [Overlong(kind, step, pull, index, data, announced=message.size)]
