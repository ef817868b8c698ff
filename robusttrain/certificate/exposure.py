"""What the assumed liars can do to a scheme at worst, and the defence that is set up for it."""

from dataclasses import dataclass
from typing import Any

from robusttrain.certificate.certificate import Certificate, certify
from robusttrain.certificate.scheme import EFFORT, Scheme
from robusttrain.combinatorics.worst_case import Worst
from robusttrain.components import make
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.streaming.memory import changed
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
    tasks = rows = len(scheme.teams)
    bad = forged.ceiling
    for stage in defense.pre:
        bad, rows = stage.liars(rows, bad), stage.rows(rows)
    return Exposure(forged, tasks, bad, rows)


def conceded(certificate: Certificate, detector: Detector, agreement: Agreement) -> Worst:
    """The part of the certificate that this detector makes good on."""
    found: Worst = getattr(certificate, detector.concedes if agreement.width else "voted")
    return found


def make_defense(
    cfg: dict[str, Any], detector: Detector, agreement: Agreement, scheme: Scheme, evicted: int
) -> Defense:
    """The server's side when `evicted` workers are out and `scheme` is what the others do.

    An `f` left null is what the assumed liars can spoil at worst of the vectors that the rule or
    the pre-aggregator gets; for the latter, at most what it can take.
    """
    # A preset may leave parameters behind for a pre-aggregator that was then deselected.
    chosen = {k: v for k, v in (cfg.get("pre") or {}).items() if "_target_" in v}
    bad, rows = conceded(scheme.certificate, detector, agreement).ceiling, len(scheme.teams)
    pre = []
    for name in chosen:
        stage = make(chosen, name)
        if getattr(stage, "f", 0) is None:
            stage = changed(stage, f=min(bad, (rows - 1) // 2))
        stage.check(rows)
        bad, rows = stage.liars(rows, bad), stage.rows(rows)
        pre.append(stage)
    parts = {
        "byzantine": scheme.byzantine,
        "assumed": cfg["defense"]["byzantine"],
        "evicted": evicted,
        "mean_when_certain": cfg["defense"]["mean_when_certain"],
        "detector": detector,
        "vote": make(cfg, "vote"),
        "pre": tuple(pre),
    }
    open_f = "f" in cfg["aggregator"] and cfg["aggregator"]["f"] is None
    rule = make(cfg, "aggregator", **({"f": bad} if open_f else {}))
    rule.check(rows)
    return Defense(**parts, aggregator=rule)


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
