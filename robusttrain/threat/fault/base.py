"""What goes wrong with a worker: the base classes of all faults."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.link import Message


class Process(Protocol):
    """The process of a worker rank."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def kill(self) -> None:
        """End it by SIGKILL. Does not return."""

    def stop(self, seconds: float | None) -> None:
        """Stop it by SIGSTOP, for so many seconds; None: for good."""

    def exit(self) -> None:
        """End it with exit code 1 and no word to anybody. Does not return."""

    def refuse(self) -> None:
        """Take in nothing any more, with the link open. Does not return."""


@dataclass(frozen=True, eq=False)
class Hit:
    """What a fault strikes.

    message: Message. Received, or about to be sent.
    owners: the worker of each of the equal rows of its payload; None: all of it is the worker's.
    worker: int. That has the fault.
    table: bool. Whether zeros in the payload stand for a worker that says nothing.
    before: Message or None. The last of that kind that the rank sent in an earlier step.
    process: Process. The rank.
    rng: the generator of this fault in this step.
    """

    message: Message
    owners: Sequence[int] | None
    worker: int
    table: bool
    before: Message | None
    process: Process
    rng: np.random.Generator

    @property
    def own(self) -> Tensor:
        """[n] uint8: a copy of the bytes that are the worker's."""
        rows = self._rows()
        return rows[self._places(rows)].flatten()

    def with_own(self, data: Tensor) -> Message:
        """The message with other bytes [n] uint8 of the worker."""
        rows = self._rows().clone()
        places = self._places(rows)
        rows[places] = data.view(len(places), -1)
        return replace(self.message, payload=rows.flatten())

    def _rows(self) -> Tensor:
        payload = self.message.payload
        payload = torch.empty(0, dtype=torch.uint8) if payload is None else payload
        count = 1 if self.owners is None else len(self.owners)
        return payload.view(count, -1) if count and len(payload) else payload.view(0, 1)

    def _places(self, rows: Tensor) -> Tensor:
        owners = self.owners if self.owners is not None else [self.worker]
        places = [i for i, owner in enumerate(owners) if owner == self.worker]
        return torch.tensor(places if len(rows) else [], dtype=torch.int64, device=rows.device)


class Fault(ABC):
    """Strikes a message of a worker's rank, the rank's process, or what the worker computes.

    source: the publication.
    fits: the phases that it can have: `message`, of any message; `received`, of those from the
        server; `sent`, of those to it; `bytes`, of those with content, and the worker's gradient.
    span: what it strikes: the first `message` of its phase in its step, all of the `phase` in that
        step, or those of all later steps of the `run`, too.
    """

    source: ClassVar[str]
    fits: ClassVar[Literal["message", "received", "sent", "bytes"]] = "message"
    span: ClassVar[Literal["message", "phase", "run"]] = "message"

    @property
    def final(self) -> bool:
        """Whether the rank does not come back by itself."""
        return False

    @property
    def refused(self) -> str:
        """Why it is not let loose on ranks that gloo or nccl connects; empty: it is."""
        return ""

    @abstractmethod
    def strike(self, hit: Hit) -> list[Message]:
        """What is sent, or passed on to the rank, in the place of the message."""


class Ending(Fault):
    """The rank does not come back: the message is neither sent nor acted on."""

    @property
    def final(self) -> bool:
        return True

    @abstractmethod
    def end(self, process: Process) -> None:
        """How the rank ends."""

    def strike(self, hit: Hit) -> list[Message]:
        self.end(hit.process)
        return []


class Damage(Fault):
    """Changes bytes of a worker: what its rank receives, computes or sends is wrong."""

    fits = "bytes"

    @abstractmethod
    def damage(self, data: Tensor, rng: np.random.Generator) -> None:
        """Change data [n] uint8, n > 0, in place; float32 values are four bytes each."""

    def strike(self, hit: Hit) -> list[Message]:
        data = hit.own
        if not len(data):
            return [hit.message]
        self.damage(data, hit.rng)
        return [hit.with_own(data)]
