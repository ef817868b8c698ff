"""Places: which method of the shipped classes is which phase of a step.

Only the ranks of the price table replace them, by timed ones; elsewhere nothing is measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from robusttrain.benchmark.phases import Phases, timed
from robusttrain.comm.bell import Bell
from robusttrain.comm.group_link import GroupLink
from robusttrain.comm.link import Link
from robusttrain.comm.reader import Reader
from robusttrain.comm.tls_link import TlsLink
from robusttrain.defense.defense import Defense
from robusttrain.defense.pipeline import Pipeline
from robusttrain.protocol import probing
from robusttrain.protocol.answers import Answers
from robusttrain.protocol.checker import Checker
from robusttrain.protocol.digests import Digests
from robusttrain.protocol.exchange import Exchange
from robusttrain.protocol.intake import Intake
from robusttrain.protocol.probing import Probing
from robusttrain.protocol.pull import Puller
from robusttrain.protocol.recompute import Recompute
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.fingerprint import Exact, Fingerprints, Product
from robusttrain.study.price.loop import Loop
from robusttrain.study.price.traffic import counted
from robusttrain.training.gradient.full import Gradients
from robusttrain.training.gradient.sums import Sums
from robusttrain.training.update.synchronous import Synchronous

PHASES = (
    "compute", "recompute", "commit", "claims", "verdict", "pull", "aggregate", "update", "publish",
    "wait", "other",
)  # fmt: skip
WITHIN = {"compute": "recompute", "commit": "recompute"}
BOTH: list[tuple[Any, str, str]] = [
    (Gradients, "rows", "compute"), (Sums, "sum", "compute"), (Recompute, "roots", "recompute"),
    (Loop, "compute", "compute"), (Loop, "update", "update"),
]  # fmt: skip
WORKER: list[tuple[Any, str, str]] = [
    *BOTH, (Checker, "claim", "recompute"), (Recompute, "leaves", "commit"),
    (Answers, "block", "pull"), (GroupLink, "send", "pull"), (TlsLink, "send", "pull"),
]  # fmt: skip
SERVER: list[tuple[Any, str, str]] = [
    *BOTH, (Exchange, "publish", "publish"), (Probing, "_reveal", "claims"),
    (Bell, "wait", "wait"), (Reader, "get", "wait"),
    (probing, "collect", "pull"), (Intake, "_claims", "claims"),
    (Exact, "_leaf", "commit"), (Product, "_products", "commit"), (Digest, "leaf", "commit"),
    (Fingerprints, "fingerprints", "commit"), (Digests, "commitments", "commit"),
    (Probing, "_verdict", "verdict"), (Probing, "_toss", "verdict"),
    (Defense, "settle", "verdict"), (Puller, "rows", "pull"),
    (Pipeline, "__call__", "aggregate"), (Synchronous, "__call__", "update"),
]  # fmt: skip

CARRIERS: list[tuple[type[Link], str]] = [
    (GroupLink, "post"), (GroupLink, "receive"),
    (TlsLink, "post"), (TlsLink, "send"), (TlsLink, "receive"),
]  # fmt: skip


@contextmanager
def watched(phases: Phases, places: list[tuple[Any, str, str]]) -> Iterator[None]:
    """Meanwhile `phases` is told what each of the places does, and of the bytes of each message."""
    owners = [*((owner, name) for owner, name, _ in places), *CARRIERS]
    before = [(owner, name, owner.__dict__[name]) for owner, name in owners]
    try:
        for owner, name, phase in places:
            setattr(owner, name, timed(phases, phase, owner.__dict__[name]))
        for owner, name in CARRIERS:
            setattr(owner, name, counted(phases, owner.__dict__[name]))
        yield
    finally:
        for owner, name, function in reversed(before):
            setattr(owner, name, function)
