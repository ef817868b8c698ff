"""What two runs have left, compared: parameters bit by bit, metrics but for times and bytes."""

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

TIMES = ("seconds", "bytes_to_server")
PROCESS = r" on rank \d+ \(.*?\)"  # where a convicted worker runs


def difference(mine: Sequence[Mapping[str, Any]], whole: Sequence[Mapping[str, Any]]) -> str:
    """The first line of metrics that differs, in both; empty if none does."""
    nothing: dict[str, Any] = {}
    for one, other in zip_longest(map(plain, mine), map(plain, whole), fillvalue=nothing):
        if one != other:
            keys = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
            step, key = one.get("step", other.get("step")), min(keys)
            return f"step {step}: {key} {one.get(key)} against {other.get(key)}"
    return ""


def plain(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of metrics without times, bytes, and the processes that convicted workers were in."""
    kept = {key: value for key, value in line.items() if key not in TIMES}
    if "first_convicted" in kept:
        kept["first_convicted"] = [re.sub(PROCESS, "", said) for said in kept["first_convicted"]]
    return kept


def equal(mine: Path, whole: Path) -> bool:
    """Whether two files of parameters are equal, bit by bit."""
    one: dict[str, Tensor] = torch.load(mine, weights_only=True)
    other: dict[str, Tensor] = torch.load(whole, weights_only=True)
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)
