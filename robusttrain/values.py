"""Checks of single values: ValueErrors that name the key, the value, the rule and the remedy."""

import math
from numbers import Integral
from typing import Any


def is_whole(value: Any, least: int = 0) -> bool:
    """Whether `value` is an integer >= least; True and False are none, nor is 2.0."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_share(value: Any) -> bool:
    """Whether `value` is a number in 0..1; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def shown(value: Any) -> str:
    """A value as YAML writes it.

    >>> shown(True), shown([1, None]), shown({"a": 0.5})
    ('true', '[1, null]', '{a: 0.5}')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {shown(item)}' for key, item in value.items())}}}"
    return str(value)


def check_whole(key: str, value: Any, least: int, use: object) -> None:
    """Raise ValueError unless `value` is a whole number >= least; the message advises `use`."""
    if not is_whole(value, least):
        raise ValueError(f"{key}={shown(value)} must be a whole number >= {least}; use {use}")


def check_finite(key: str, value: Any, use: object) -> None:
    """Raise ValueError unless `value` is a finite number; the message advises `use`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key}={shown(value)} must be a finite number; use {use}")
