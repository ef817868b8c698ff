"""What the assumed liars can do to a scheme at worst, as the rule meets it."""

from dataclasses import dataclass

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.certificate.scheme import EFFORT, Scheme
from robusttrain.combinatorics.worst_case import Worst
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.redundancy.agreement.base import Agreement


@dataclass(frozen=True, eq=False)
class Exposure:
    """forged: the tasks that they can forge; then `bad` of the rule's `rows` vectors are bad."""

    forged: Worst
    tasks: int
    bad: int
    rows: int


def exposure(scheme: Scheme, defense: Defense, agreement: Agreement) -> Exposure:
    """The worst that a certificate cannot exclude, carried through the pre-aggregators."""
    forged = conceded(scheme.certificate, defense.detector, agreement)
    tasks = len(scheme.teams)
    rows, bad = defense.pipeline.reach(tasks, forged.ceiling)
    return Exposure(forged, tasks, bad, rows)


def conceded(certificate: Certificate, detector: Detector, agreement: Agreement) -> Worst:
    """The part of the certificate that this detector makes good on."""
    return certificate.attacks[detector.concedes if agreement.width else "voted"]


def check_bound(scheme: Scheme, detector: Detector, agreement: Agreement) -> None:
    """Raise ValueError if the assumed liars can forge half of the tasks: no rule survives that."""

    def lost(byzantine: int) -> bool:
        found = certify(scheme.assignment, scheme.workers, byzantine, effort=EFFORT)
        return 2 * conceded(found, detector, agreement).count >= found.tasks

    q = scheme.byzantine
    if q and lost(q):
        safe = next((k for k in range(q - 1, 0, -1) if not lost(k)), 0)
        forged = conceded(scheme.certificate, detector, agreement).count
        name = type(detector).__module__.split(".")[-1]
        raise ValueError(
            f"defense.byzantine={q} is at or above the bound of {scheme.assignment} with "
            f"detector={name}: so many liars can forge {forged} of its {len(scheme.teams)} tasks; "
            f"assume at most {safe}, choose another assignment or detector=audit, or set "
            "defense.best_effort=true to go on without a guarantee"
        )
