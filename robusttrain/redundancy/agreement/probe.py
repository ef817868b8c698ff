"""Probe: every gradient is computed once; now and then each sum is recomputed by another worker."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.redundancy.agreement.none import NoAgreement


@dataclass(frozen=True)
class Probe(NoAgreement):
    """A worker sends the mean gradient of its tasks, its sum; steps to be checked are drawn after.

    Whether a step is probed, and who recomputes whose sum, is drawn when all sums are in. Nothing
    is committed to. Needs `assignment=single`, and ranks whose numerics are identical: the same
    kind of device, library versions and number of threads.
    """

    probes: ClassVar[bool] = True
