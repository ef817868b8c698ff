"""The rank is stopped by SIGSTOP, for some seconds or for good."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.comm.link import Message
from robusttrain.threat.fault.base import Fault, Hit


@dataclass(frozen=True)
class Sigstop(Fault):
    """The rank stops before it sends the message, or acts on it, and goes on `seconds` later.

    seconds: 0 < seconds < 1e6 (ValueError); null: it never goes on.
    """

    seconds: float | None = None
    source: ClassVar[str] = "Gunawi et al., Fail-Slow at Scale (2018)"

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 < self.seconds < 1e6:
            raise ValueError("seconds must be > 0 and < 1e6, or null for good; use 1")

    @property
    def final(self) -> bool:
        return self.seconds is None

    def strike(self, hit: Hit) -> list[Message]:
        hit.process.stop(self.seconds)
        return [hit.message]
