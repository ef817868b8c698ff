"""The batches that the server of a session recomputes from: they must be those of the loop."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from robusttrain.comm.agreed import apart, as_rank_1
from robusttrain.comm.rendezvous import meeting_place
from robusttrain.config.probe import lanes_of
from robusttrain.config.recipe import Recipe
from robusttrain.defense.detector.audit import Audit
from robusttrain.training.digest import digest


def check_batches(recipe: Recipe, auditor: int, given: bool) -> None:
    """Raise ValueError if the server of a session recomputes, and no batches are given to it.

    auditor: the rank that recomputes for the server; 0: the server itself.
    """
    if given or auditor or not (recipe.agreement.probes or isinstance(recipe.detector, Audit)):
        return
    key, value = ("agreement", "probe") if recipe.agreement.probes else ("detector", "audit")
    raise ValueError(
        f"{key}={value} with audit.rank=0 recomputes at the server, which has no batches; "
        "call session.serve(batches), or set audit.rank=1 for a trusted rank that runs the loop "
        f"and hosts no workers, or choose another {key}"
    )


def check_tolerance(recipe: Recipe) -> None:
    """Raise ValueError if the tolerance of claims would be measured: there is no batch yet."""
    products = recipe.agreement.probes and lanes_of(recipe.config) > 0
    if products and recipe.config["probe"]["tolerance"] == "auto":
        raise ValueError(
            "probe.tolerance=auto measures on data, and a session has no batch yet; set "
            "probe.tolerance=0.03, or probe.claim=exact if all ranks have the same hardware"
        )


def as_in_loop(batches: Iterable[Any], seconds: float) -> Iterator[Any]:
    """The batches; ValueError if there are none, or the first is not that of rank 1's loop.

    seconds: to wait for rank 1.
    """
    coming = iter(batches)
    for first in coming:
        if not as_rank_1(apart(meeting_place(seconds), "batch"), 0, digest(first), seconds):
            raise ValueError(
                "the first of session.serve(batches) is not the first batch of the loop; draw the "
                "same there: what is recomputed from other batches would convict honest workers"
            )
        return chain([first], coming)
    raise ValueError("session.serve(batches) has no batch; give it those of the loop")
