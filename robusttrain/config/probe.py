"""Checks of what must go together with agreement=probe."""

from collections.abc import Mapping
from typing import Any

from robusttrain.certificate.probes import Probes
from robusttrain.certificate.products import pass_of_length
from robusttrain.comm.ranks import on_one_machine
from robusttrain.config.keys import known
from robusttrain.names import name_of
from robusttrain.protocol.draws import Schedule
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.redundancy.assignment.base import Assignment
from robusttrain.values import check_whole, shown

CLAIMS = ("auto", "exact", "product")
ON_SUMS = ("all", "majority", "unopposed")


def check_probe(cfg: Mapping[str, Any], agreement: Agreement, assignment: Assignment) -> None:
    """Raise ValueError unless `probe` and all that it depends on can be as they are."""
    if not agreement.probes:
        if (claims := cfg["threat"]["claims"]) != "honest":
            raise ValueError(
                f"threat.claims={claims} is about checks of sums, which only agreement=probe has; "
                "set agreement=probe, or threat.claims=honest"
            )
        refuse_unused(cfg["probe"])
        return
    if cfg["workers"] < 2:
        raise ValueError(
            f"workers={cfg['workers']}: with agreement=probe workers check each other; use at "
            "least workers=2, or agreement=none"
        )
    if assignment.replication > 1:
        raise ValueError(
            f"agreement=probe computes every task once, but assignment={name_of(assignment)} has "
            f"{assignment.replication} copies; use assignment=single"
        )
    check_claim(**{key: cfg["probe"][key] for key in ("claim", "lanes", "tolerance")})
    probes_of(cfg)
    Schedule(cfg["probe"]["share"], cfg["probe"]["alert"], cfg["steps"])
    for key, value, wanted, why in (
        ("detector", chosen(cfg["detector"]), "none", "convicts by recomputed sums alone"),
        ("probation.clean_steps", cfg["probation"]["clean_steps"], None, "evicts for good"),
        ("audit.random", cfg["audit"]["random"], 0, "draws what is checked by probe.share"),
        ("audit.budget", cfg["audit"]["budget"], None, "recomputes every disputed sum"),
    ):
        if value != wanted:
            use = "null" if wanted is None else wanted
            raise ValueError(f"{key}={value}: agreement=probe {why}; set {key}={use}")
    target = chosen(cfg["target"])
    if cfg["threat"]["byzantine"] and target not in (*ON_SUMS, None):
        raise ValueError(
            f"target={target} chooses among tasks that several workers hold, and with "
            "agreement=probe none is; use target=all"
        )


def chosen(part: Mapping[str, Any]) -> str | None:
    """The name on the command line of a chosen part; None: it is not one of ours."""
    module = str(part["_target_"]).split(".")
    return module[-2] if module[0] == "robusttrain" else None


def refuse_unused(probe: Mapping[str, Any]) -> None:
    """Raise ValueError if a key that only probes have is not at its default."""
    defaults = known()[0]
    for key, value in probe.items():
        if value != defaults[f"probe.{key}"]:
            raise ValueError(
                f"probe.{key}={shown(value)} is about agreement=probe; set agreement=probe, or "
                "leave it out"
            )


def check_claim(claim: Any, lanes: Any, tolerance: Any) -> None:
    """Raise ValueError unless claims can be made and compared so."""
    if claim not in CLAIMS:
        raise ValueError(f"probe.claim={claim} must be one of {', '.join(CLAIMS)}; use auto")
    check_whole("probe.lanes", lanes, 1, use=1)
    if tolerance != "auto" and (isinstance(tolerance, str) or not 0 < tolerance < 1):
        raise ValueError(
            f"probe.tolerance={tolerance} must be above 0 and below 1, relative to the length of a "
            "sum, or auto; use auto"
        )
    if claim == "exact" and (tolerance != "auto" or lanes != 1):
        key, value = ("lanes", lanes) if tolerance == "auto" else ("tolerance", tolerance)
        raise ValueError(
            f"probe.{key}={value} is about claims that are products, but probe.claim=exact; set "
            "probe.claim=product, or leave it out"
        )


def lanes_of(cfg: Mapping[str, Any]) -> int:
    """Products in a claim; 0: claims are digests.

    `auto` is exact where all ranks are on one machine: nothing else says that they compute alike.
    """
    probe = cfg["probe"]
    exact = probe["claim"] == "exact" or (probe["claim"] == "auto" and on_one_machine())
    return 0 if exact else probe["lanes"]


def probes_of(cfg: Mapping[str, Any], tolerance: float | None = None) -> Probes:
    """What is guaranteed; ValueError if there are too many checkers or assumed liars.

    tolerance: float or None. c_tau of products; None: claims are digests.
    """
    probe = cfg["probe"]
    passes = 0.0 if tolerance is None else pass_of_length(tolerance, probe["lanes"])
    return Probes(
        cfg["workers"], cfg["defense"]["byzantine"], probe["share"], probe["checkers"], passes,
        alert=probe["alert"],
    )  # fmt: skip
