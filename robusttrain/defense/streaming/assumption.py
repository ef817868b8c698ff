"""f, the number of bad vectors that a rule or a stage is told to assume."""

from dataclasses import replace
from typing import Any


def told(part: Any, bad: int) -> Any:
    """The same rule or stage, its f set to `bad` if it was left open (null)."""
    return replace(part, f=bad) if getattr(part, "f", 0) is None else part


def fewer(part: Any, out: int) -> Any:
    """The same rule or stage after `out` bad vectors are out: f - out is left, at least 0."""
    if out == 0 or getattr(part, "f", None) is None:
        return part
    return replace(part, f=max(0, part.f - out))
