"""Checks the parameters of a chosen part by its constructor: their names, and their types."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from robusttrain.config.defaults import components, default_of
from robusttrain.config.hints import fits, hint_of, rule
from robusttrain.config.targets import (
    called,
    empty,
    found,
    hints_of,
    is_known,
    is_ours,
    parameters_of,
)
from robusttrain.values import shown


def check_types(
    key: str,
    target: Callable[..., Any],
    given: Mapping[str, Any],
    more: Iterable[str] = (),
    offered: Iterable[str] = (),
) -> None:
    """Raise ValueError unless `given` are the parameters of `target`, each of its annotated type.

    Components among them are checked too, if their `_target_` can be found.

    key: dotted. Where the part stands in the configuration.
    target: class or function.
    given: parameters by name. What begins with `_` is Hydra's.
    more: names of parameters that are handed over besides.
    offered: names of arguments that would be, if the target had them.

    >>> from robusttrain.redundancy.assignment.mols import Mols
    >>> check_types("assignment", Mols, {"replication": 2.5})
    Traceback (most recent call last):
    ValueError: assignment.replication=2.5 must be a whole number; use 3
    """
    parameters, open_ended = parameters_of(target)
    hints = hints_of(target)
    for name, value in given.items():
        if name.startswith("_"):
            continue
        if name in parameters:
            default = default_of(target, name)
            hint = hints.get(name, hint_of(default))
            check_value(f"{key}.{name}", value, hint, default, finite=is_known(target))
        elif not open_ended:
            raise ValueError(unknown(key, name, target, more))
        for place, part in components(f"{key}.{name}", value):
            inner = found(part["_target_"])
            if inner is not None:
                check_types(place, inner, part)
    missing = [n for n, p in parameters.items() if p.default is empty and n not in {*given, *more}]
    if missing and not {"_partial_", "_args_"} & given.keys():
        ways = " ".join(f"+{key}.{name}=..." for name in missing)
        offers = f" (what is offered: {', '.join(offered)})" if offered else ""
        raise ValueError(
            f"{key}: {called(target)} needs the argument{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}{offers}; give values with {ways}, or defaults"
        )


def check_value(key: str, value: Any, hint: Any, default: Any, finite: bool = True) -> None:
    """Raise ValueError unless `value` is what `hint` says; the message advises `default`.

    finite: numbers must be. Whole ones must have 64 bits at most.
    """
    if not fits(hint, value):
        what = rule(hint)
    elif finite and isinstance(value, float) and math.isinf(value):
        what = "a finite number"
    elif finite and type(value) is int and abs(value) >= 2**63:
        what = "a whole number of 64 bits"
    else:
        return
    use = f"set {what}" if default is empty else f"use {shown(default)}"
    if "text" in what and isinstance(value, bool | int | float):
        use += f", or \"{key}='{shown(value)}'\" for the text"
    raise ValueError(f"{key}={shown(value)} must be {what}; {use}")


def unknown(key: str, name: str, target: Callable[..., Any], more: Iterable[str] = ()) -> str:
    """What to say of a parameter that `target` does not have."""
    names = [n for n in parameters_of(target)[0] if n not in more and n != "memory"]
    near = get_close_matches(name, names, n=1)
    remedy = f"did you mean {key}.{near[0]}?" if near else "leave it out"
    has = f"its parameters: {', '.join(names)}" if names else "it has no parameters"
    return f"{key}.{name}: {called(target)} has no {name}; {has}; {remedy}"


def refused(
    key: str, given: Mapping[str, Any], target: Callable[..., Any], error: BaseException
) -> str:
    """In one line, what a constructor raised, with the parameters that it may be about.

    Those are the ones that the message names or whose values it quotes; all, where there are none.
    """
    text = " ".join(str(error).split()) or "no reason given"
    why = text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"
    plain = {str(k): shown(v) for k, v in given.items() if not str(k).startswith("_")}
    words = set(re.findall(r"[\w.+-]+", text))
    meant = {k: v for k, v in plain.items() if {v, k, k.rstrip("s")} & words} or plain
    named = ", ".join(f"{key}.{k}={v}" for k, v in meant.items()) or key
    if is_ours(target):
        return f"{named}: {why}"
    ours = {k: default_of(target, k) for k in meant if k in parameters_of(target)[0]}
    use = ", ".join(f"{key}.{k}={shown(v)}" for k, v in ours.items() if v is not empty)
    remedy = f"; use {use}" if use and not isinstance(error, TypeError) else ""
    return f"{named} is refused by {called(target)}: {why}{remedy}"
