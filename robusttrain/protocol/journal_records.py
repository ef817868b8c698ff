"""Records of the journal of probes: one line each, with a checksum."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.values import shown

MARK = 16  # hexadecimal digits of a line's checksum


@dataclass(frozen=True)
class Pending:
    """A probe that is revealed and not yet judged.

    step: int. Whose sums are probed.
    attempt: int. The start of the server in which they were received.
    order: the members at the toss, in the cyclic order that was drawn.
    checkers: int. Successors that each checks.
    sums: worker -> fingerprint of its sum, for those that were whole.
    seed: bytes. Of the fingerprints.
    """

    step: int
    attempt: int
    order: tuple[int, ...]
    checkers: int
    sums: Mapping[int, Fingerprint]
    seed: bytes


def written(record: dict[str, Any]) -> bytes:
    """A record as a line: checksum, space, JSON."""
    text = json.dumps(record).encode()
    return checksum(text) + b" " + text + b"\n"


def parsed(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None if it is torn."""
    mark, text = line[: MARK + 1], line[MARK + 1 : -1]
    if line[-1:] != b"\n" or mark != checksum(text) + b" ":
        return None
    record: dict[str, Any] = json.loads(text)
    return record


def checksum(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=MARK // 2).hexdigest().encode()


def as_json(probe: Pending) -> dict[str, Any]:
    """A pending probe in numbers, strings and lists."""
    return {
        "step": probe.step,
        "attempt": probe.attempt,
        "order": list(probe.order),
        "checkers": probe.checkers,
        "sums": [[w, f.claim.hex(), f.finite, f.norm] for w, f in probe.sums.items()],
        "seed": probe.seed.hex(),
    }


def from_json(record: dict[str, Any]) -> Pending:
    """The pending probe that `as_json` wrote."""
    sums = {
        worker: Fingerprint(bytes.fromhex(claim), finite, norm)
        for worker, claim, finite, norm in record["sums"]
    }
    order, seed = tuple(record["order"]), bytes.fromhex(record["seed"])
    return Pending(record["step"], record["attempt"], order, record["checkers"], sums, seed)


def run_of(path: Path) -> dict[str, Any]:
    """What the first start in a journal said about the sums of its run; empty: nothing."""
    for line in path.read_bytes().splitlines(keepends=True):
        record = parsed(line)
        if record is not None and record.get("run"):
            return dict(record["run"])
    return {}


def check_same(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise ValueError unless a journal's run, if it is known, has the sums of this one."""
    keys = [key for key in {**then, **now} if then and then.get(key) != now.get(key)]
    if keys:
        listed = ", ".join(f"{key}={shown(then.get(key))}" for key in keys[:3])
        more = f" and {len(keys) - 3} keys more" if len(keys) > 3 else ""
        raise ValueError(
            f"probe.journal={path} is of a run with {listed}{more}, other than here, whose sums "
            "are others; use a new file, or that configuration"
        )
