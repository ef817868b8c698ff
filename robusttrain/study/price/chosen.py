"""A schedule of probes that is known beforehand, so that exactly one step in so many is probed."""

from typing import Any

from robusttrain.protocol.draws import Schedule


class Exactly(Schedule):
    """Probes the steps that are listed, and no others."""

    def __init__(self, probed: set[int]) -> None:
        object.__setattr__(self, "probed", probed)

    def share_of(self, step: int, convictions: Any = ()) -> float:
        """1 or 0."""
        return float(step in self.probed)  # type: ignore[attr-defined]
