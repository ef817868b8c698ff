"""Collecting: waits for the sums of a step, and for the claims that come first."""

from dataclasses import dataclass

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind
from robusttrain.comm.pace import Pace
from robusttrain.protocol.intake import Intake


def collect(intake: Intake, hub: Hub, pace: Pace) -> None:
    """Take in messages until all is there that is worth waiting for, or it is too late.

    A rank that says what it must not is dropped. One of whose workers nothing is whole is late.
    """
    pace.wait(Coming(intake, hub), hub.clock)
    awaited = set(pace.waited_for(intake.missing(hub.present), hub.clock()))
    asked = {rank: intake.asked(rank) for rank in hub.present}
    late = [rank for rank, workers in asked.items() if workers and awaited.issuperset(workers)]
    hub.hush(late, Kind.SUM, hub.unhurried)


@dataclass(eq=False)
class Coming:
    """What comes of an intake over a hub; see `Awaited`. Its members are the workers asked."""

    intake: Intake
    hub: Hub

    @property
    def members(self) -> int:
        return len(self.intake.rows) or len(self.intake.due)

    @property
    def uneven(self) -> float:
        return self.intake.uneven

    def missing(self) -> list[int]:
        return self.intake.missing(self.hub.present)

    def complete(self) -> int:
        return len(self.intake.done)

    def hear(self, until: float) -> bool:
        arrived = self.hub.receive(until)
        if arrived is not None:
            self.intake.hear(self.hub, *arrived)
        return arrived is not None
