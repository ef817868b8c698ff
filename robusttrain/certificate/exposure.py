"""Exposure: how many of the vectors that the rule receives can be bad at worst."""

from collections.abc import Sequence
from dataclasses import dataclass

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.certificate.scheme import Scheme
from robusttrain.certificate.sources import outvoted
from robusttrain.combinatorics.effort import RUN
from robusttrain.combinatorics.worst_case import Worst
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.names import name_of
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.redundancy.assignment.single import Single


@dataclass(frozen=True, eq=False)
class Exposure:
    """Bad vectors among those that the rule receives, at worst.

    forged: tasks that the assumed liars can forge.
    tasks: tasks in a step.
    bad: vectors of the rule that a forged task can reach, after the pre-aggregators.
    rows: vectors that the rule receives.
    outvoted: whether half of the vectors can be bad before the rule, whatever it is.
    """

    forged: Worst
    tasks: int
    bad: int
    rows: int
    outvoted: bool


def exposure(scheme: Scheme, defense: Defense, agreement: Agreement) -> Exposure:
    """The worst that a certificate cannot exclude, carried through the pre-aggregators."""
    forged = conceded(certified(scheme, agreement), defense.detector, agreement)
    tasks = vectors(scheme, agreement)
    stages = defense.pipeline.stages
    rows, bad = defense.pipeline.reach(tasks, forged.ceiling)
    lost = outvoted(scheme, defense.byzantine, forged.count, agreement, stages)
    return Exposure(forged, tasks, bad, rows, lost)


def vectors(scheme: Scheme, agreement: Agreement) -> int:
    """How many vectors a step aggregates, before the pre-aggregators."""
    return len(scheme.members) if agreement.probes else len(scheme.teams)


def certified(scheme: Scheme, agreement: Agreement) -> Certificate:
    """The certificate of the vectors that are aggregated; with probes, of one sum a worker."""
    if not agreement.probes:
        return scheme.certificate
    return certify(Single(), len(scheme.members), scheme.byzantine, effort=RUN)


def conceded(certificate: Certificate, detector: Detector, agreement: Agreement) -> Worst:
    """The most tasks that the assumed liars can forge under this detector, as certified."""
    return certificate.attacks[detector.concedes if agreement.width else "voted"]


def check_bound(
    scheme: Scheme, detector: Detector, agreement: Agreement, stages: Sequence[PreAggregator] = ()
) -> None:
    """Raise ValueError if the assumed liars can make half of the vectors bad: no rule survives it.

    So it is where they can forge half of the tasks, unless `stages` confine that; see `outvoted`.
    """

    def lost(byzantine: int) -> bool:
        assignment = Single() if agreement.probes else scheme.assignment
        certificate = certify(assignment, scheme.workers, byzantine, effort=RUN)
        forged = conceded(certificate, detector, agreement).count
        return outvoted(scheme, byzantine, forged, agreement, stages)

    q = scheme.byzantine
    if q and lost(q):
        safe = next((k for k in range(q - 1, 0, -1) if not lost(k)), 0)
        forged = conceded(scheme.certificate, detector, agreement).count
        name = name_of(detector)
        raise ValueError(
            f"defense.byzantine={q} is at or above the bound of {scheme.assignment} with "
            f"detector={name}: so many liars can forge {forged} of its {len(scheme.teams)} tasks; "
            f"assume at most {safe}, choose another assignment or detector=audit, or set "
            "defense.best_effort=true to go on without a guarantee"
        )
