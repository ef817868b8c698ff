"""Checks of what must go together with agreement=probe."""

from collections.abc import Mapping
from typing import Any

from robusttrain.certificate.probes import Probes
from robusttrain.names import name_of
from robusttrain.protocol.draws import Schedule
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.redundancy.assignment.base import Assignment

ON_SUMS = ("all", "majority", "unopposed")


def check_probe(cfg: Mapping[str, Any], agreement: Agreement, assignment: Assignment) -> None:
    """Raise ValueError unless `probe` and all that it depends on can be as they are."""
    if not agreement.probes:
        if (claims := cfg["threat"]["claims"]) != "honest":
            raise ValueError(
                f"threat.claims={claims} is about checks of sums, which only agreement=probe has; "
                "set agreement=probe, or threat.claims=honest"
            )
        return
    if assignment.replication > 1:
        raise ValueError(
            f"agreement=probe computes every task once, but assignment={name_of(assignment)} has "
            f"{assignment.replication} copies; use assignment=single"
        )
    probes_of(cfg)
    Schedule(cfg["probe"]["share"], cfg["probe"]["alert"], cfg["steps"])
    for key, value, wanted, why in (
        ("detector", chosen(cfg["detector"]), "none", "convicts by recomputed sums alone"),
        ("probation.clean_steps", cfg["probation"]["clean_steps"], None, "evicts for good"),
        ("audit.rank", cfg["audit"]["rank"], 0, "has the server recompute disputed sums"),
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


def probes_of(cfg: Mapping[str, Any]) -> Probes:
    """What is guaranteed; ValueError if there are too many checkers or assumed liars."""
    probe = cfg["probe"]
    return Probes(
        cfg["workers"], cfg["defense"]["byzantine"], probe["share"], probe["checkers"],
        alert=probe["alert"],
    )  # fmt: skip
