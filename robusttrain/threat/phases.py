"""Phases of a step: where a fault can strike a worker's rank, in the order in which they come."""

from dataclasses import dataclass
from typing import Literal

from robusttrain.redundancy.agreement.base import Agreement

COMPUTED = "gradient"
ACTIVATION = "activation"
WEIGHT_GRADIENT = "weight_gradient"


@dataclass(frozen=True)
class Phase:
    """A kind of message, by its name in lower case, or what is computed between two.

    way: `received` by the rank, `sent` by it, or `computed`.
    bytes: whether it has content that can be wrong without breaking off the exchange.
    table: whether zeros in it stand for a worker that says nothing.
    whole: of what is computed: whether that is one sum for each worker, not a row for each task.
    inside: of what is computed: whether it is struck on the way, in a module of the model.
    """

    name: str
    way: Literal["received", "computed", "sent"]
    bytes: bool = True
    table: bool = False
    whole: bool = False
    inside: bool = False

    def admits(self, fits: str) -> bool:
        """Whether a fault that `fits` so can be in this phase."""
        if self.way == "computed":
            return fits == "bytes"
        return {"message": True, "bytes": self.bytes}.get(fits, fits == self.way)


def phases_of(agreement: Agreement) -> list[Phase]:
    """The phases of a step with this agreement."""
    publish = Phase("publish", "received")
    if agreement.probes:
        return [
            Phase("reveal", "received", bytes=False),
            Phase("claims", "sent", table=True),
            publish,
            Phase(ACTIVATION, "computed", whole=True, inside=True),
            Phase(WEIGHT_GRADIENT, "computed", whole=True, inside=True),
            Phase(COMPUTED, "computed", whole=True),
            Phase("sum", "sent"),
        ]
    committed = agreement.width > 0
    return [
        publish,
        Phase(ACTIVATION, "computed", inside=True),
        Phase(COMPUTED, "computed"),
        Phase("commit", "sent", bytes=committed, table=committed),
        Phase("pull", "received", bytes=False),
        Phase("leaves", "sent", bytes=committed),
        Phase("block", "received", bytes=False),
        Phase("rows", "sent"),
    ]
