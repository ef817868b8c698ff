"""Side: what a worker rank says to the server, in any exchange."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch

from robusttrain.comm.link import Message
from robusttrain.types import Plan


class Overtaken(Exception):
    """The server has gone on: what is computed would come too late."""


def never() -> bool:
    """What is computed is always in time."""
    return False


class Side(Protocol):
    """Answers messages of the server, one step after the other."""

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device,
        late: Callable[[], bool] = never,
    ) -> Iterator[Message]:  # fmt: skip
        """What is sent in reply to one message, in order; nothing more once that comes too late.

        plan: step -> who computes what. late: () -> whether it comes too late.
        """

    def expect(self, plan: Callable[[], Plan]) -> None:
        """The replies to PUBLISH are sent; plan() is that of the next step, if nothing changes."""

    def forget(self) -> None:
        """The step is over."""
