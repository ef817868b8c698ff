"""Faulty: a worker rank's side of an exchange with faults, where its messages come and go."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from robusttrain.comm.link import Kind, Message
from robusttrain.protocol.owners import Owners
from robusttrain.protocol.side import Side, never
from robusttrain.threat.fault.base import Hit, Process
from robusttrain.threat.faults import Faults, Planned
from robusttrain.types import Plan

log = logging.getLogger(__name__)


class Faulty:
    """Lets faults strike messages: received ones before they are acted on, others before they go.

    What the rank computes is damaged by its `Worker`. A fault of what is sent, or of bytes, strikes
    messages in which its worker has a part; one of the process strikes any message of its phase.

    side: Side. What the rank says without faults.
    faults: Faults. Those of the workers of other ranks do nothing here.
    hosted: the workers of the rank.
    owners: Owners. Whose rows are in a message.
    process: Process. The rank, as faults get at it.
    """

    def __init__(
        self, side: Side, faults: Faults, hosted: Sequence[int], owners: Owners, process: Process
    ) -> None:
        self.side, self.process, self.owners = side, process, owners
        self.seed, self.faults = faults.seed, faults.of(hosted)
        self._due: set[int] = set()  # faults, by their places, that have been due
        self._told: set[int] = set()  # those that the log knows of
        self._done: set[tuple[int, int]] = set()  # the same and the step
        self._rngs: dict[tuple[int, int], np.random.Generator] = {}
        self._sent: dict[Kind, tuple[Message | None, Message]] = {}  # of a step before, the last

    def replies(
        self, message: Message, plan: Callable[[int], Plan], device: torch.device,
        late: Callable[[], bool] = never,
    ) -> Iterator[Message]:  # fmt: skip
        self.owners.hear(message)
        if message.kind == Kind.PUBLISH:
            self._begin(message.step)
        for heard in self._struck(message, None):
            for reply in self.side.replies(heard, plan, device, late):
                yield from self._struck(reply, self.owners.of(reply, plan))
                self._keep(reply)

    def expect(self, plan: Callable[[], Plan]) -> None:
        self.side.expect(plan)

    def forget(self) -> None:
        """Say which faults of the step have struck nothing, such as those of rows nobody asked."""
        for place in sorted(self._due - self._told):
            self._told.add(place)
            text = "no fault: %s; there was nothing that it could strike"
            log.warning(text, self.faults[place])
        self.side.forget()

    def _begin(self, step: int) -> None:
        self._rngs = {}
        for place, planned in enumerate(self.faults):
            if planned.due(self.seed, step):
                self._due.add(place)
                if planned.phase.way == "computed":
                    self._tell(place, planned)

    def _struck(self, message: Message, owners: Sequence[int] | None) -> list[Message]:
        """What takes the place of a message; owners: as `Owners.of` says."""
        messages = [message]
        for place, planned in enumerate(self.faults):
            if self._strikes(place, planned, message, owners):
                self._tell(place, planned)
                self._done.add((place, message.step))
                hits = [self._hit(place, planned, struck, owners) for struck in messages]
                messages = [left for hit in hits for left in planned.fault.strike(hit)]
        return messages

    def _strikes(
        self, place: int, planned: Planned, message: Message, owners: Sequence[int] | None
    ) -> bool:
        fault, kind = planned.fault, message.kind
        if planned.phase.name != kind.name.lower() or not planned.due(self.seed, message.step):
            return False
        if fault.span == "message" and (place, message.step) in self._done:
            return False
        if owners is None or (fault.fits == "message" and kind != Kind.SUM):
            return True
        return planned.worker in owners

    def _hit(
        self, place: int, planned: Planned, message: Message, owners: Sequence[int] | None
    ) -> Hit:
        rng = self._rngs.setdefault((place, message.step), planned.rng(self.seed, message.step))
        before = self._before(message)
        return Hit(message, owners, planned.worker, planned.phase.table, before, self.process, rng)

    def _before(self, message: Message) -> Message | None:
        """The last message of that kind that was sent in an earlier step, as far as it is kept."""
        earlier, last = self._sent.get(message.kind, (None, message))
        return last if last.step < message.step else earlier

    def _keep(self, message: Message) -> None:
        """Keep a copy of a message that was sent, if a fault may want it."""
        name = message.kind.name.lower()
        if any(p.phase.name == name and p.fault.fits == "sent" for p in self.faults):
            payload = None if message.payload is None else message.payload.clone()
            kept = self._before(message), replace(message, payload=payload)
            self._sent[message.kind] = kept

    def _tell(self, place: int, planned: Planned) -> None:
        if place not in self._told:
            self._told.add(place)
            log.warning("fault: %s", planned)
