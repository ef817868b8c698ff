"""The summary of a run whose server was killed, from what it has written; imports no torch."""

import json
import sys
from pathlib import Path
from statistics import fmean, median
from typing import Any

from robusttrain.monitor.base import SCHEMA, Record
from robusttrain.run.files import checkpoints, going_on, write_text

COUNTED = ("skipped", "divergent", "overwhelmed", "silent", "exceeded")  # what steps can be


def bury(cause: str, folder: str) -> None:
    """Say why the server ended, and how far the run came; write summary.json unless it has one.

    cause: such as "the server was killed by SIGKILL".
    folder: of the run; empty if it was not made yet.
    """
    if not folder:
        print(f"error: {cause} before step 0", file=sys.stderr)
        return
    path = Path(folder, "summary.json")
    records = lines_of(Path(folder, "metrics.jsonl"))
    steps = [record for record in records if record["kind"] == "step"]
    after = f"after step {steps[-1]['step']}" if steps else "before the end of step 0"
    summary = summary_of(Path(folder), records, f"{cause} {after}")
    if not path.exists():
        write_text(path, json.dumps(summary, indent=2) + "\n")
    print(f"error: {cause} {after}; {path} says what is left", file=sys.stderr)


def lines_of(path: Path) -> list[Record]:
    """The whole lines of metrics.jsonl; none if there is no such file."""
    whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
    return [json.loads(line) for line in whole.splitlines()]


def summary_of(folder: Path, records: list[Record], cause: str) -> dict[str, Any]:
    """As `Recorder.end` writes it, but null where only the server could tell."""
    steps = [record for record in records if record["kind"] == "step"]
    evaluations = [record for record in records if record["kind"] == "evaluation"]

    def all_of(key: str) -> list[Any]:
        return [record[key] for record in steps]

    def workers(key: str) -> list[int]:
        return sorted({worker for record in steps for worker in record[key]})

    last: Record = evaluations[-1] if evaluations else {}
    measures = {key: value for key, value in last.items() if key not in ("kind", "step")}
    return {
        "schema": SCHEMA,
        "name": folder.name,
        "folder": str(folder),
        "finished": False,
        "error": cause,
        "resume": going_on(folder),
        "model_updates": None,
        "checkpoint": next(map(str, checkpoints(folder)), None),
        "test_accuracy": None,
        **measures,
        "steps": len(steps),
        "seconds_per_step": median(all_of("seconds")) if steps else None,
        "convicted": workers("convicted"),
        "reasons": None,
        "false_convictions": workers("false_convictions"),
        "honest_convicted_per_step": None,
        "missed": None,
        "precision": None,
        "recall": None,
        "steps_to_detect": None,
        "steps_to_detect_median": None,
        "evicted": steps[-1]["evicted"] if steps else [],
        "audits": sum(map(len, all_of("audited"))),
        "distorted_fraction_mean": fmean(all_of("distorted_fraction")) if steps else None,
        "distorted_fraction_max": max(all_of("distorted_fraction"), default=None),
        "bytes_to_server_per_step": fmean(all_of("bytes_to_server")) if steps else None,
        "bytes_if_all_copies_were_sent": None,
        "gradients_not_finite": sum(all_of("not_finite")),
        **{f"steps_{key}": sum(map(bool, all_of(key))) for key in COUNTED},
        "lost_ranks": None,
        "hosts": None,
        "seconds_training": None,
        "defense_secret": None,
    }
