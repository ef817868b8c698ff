"""f, the number of bad vectors that a rule or a stage is told to assume."""

from dataclasses import replace
from typing import Any

from robusttrain.names import name_of
from robusttrain.values import is_whole


class Undefined(ValueError):
    """A rule or a stage is not defined for the vectors that there are."""


def check_assumed(part: Any, key: str) -> None:
    """Raise ValueError unless the part's f, where it has one, is a whole number; set at `key`."""
    f = getattr(part, "f", 0)
    if not is_whole(f):
        given = "null" if f is None else f
        raise ValueError(f"{name_of(part)} needs a whole number f >= 0; got f={given}; set {key}")


def told(part: Any, bad: int) -> Any:
    """The same rule or stage, its f set to `bad` if it was left open (null)."""
    return replace(part, f=bad) if getattr(part, "f", 0) is None else part


def fewer(part: Any, out: int) -> Any:
    """The same rule or stage after `out` bad vectors are out: f - out is left, at least 0.

    An f that `check_assumed` refuses stays as it is.
    """
    if out == 0 or not is_whole(getattr(part, "f", None)):
        return part
    return replace(part, f=max(0, part.f - out))
