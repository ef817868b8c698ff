"""Type hints as rules for values from YAML: whether a value fits, and what to call the rule."""

import inspect
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from numbers import Integral, Real
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
MANY = {int: "whole numbers", float: "numbers", bool: "true or false", str: "texts"}
LISTS = (list, tuple, set, frozenset, Sequence, Iterable, Collection)


def fits(hint: Any, value: Any) -> bool:
    """Whether `value` is what `hint` says; a hint that cannot be checked fits everything.

    A whole number is a number, true and false are none, nor is nan. A list from YAML is a tuple
    of its length. A component to be made, a mapping with `_target_`, is of any class.

    >>> fits(int | None, 1.5), fits(float, 1), fits(int, True), fits(tuple[int, int], [8, 16])
    (False, True, False, True)
    """
    origin, args = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(part, value) for part in args)
    if origin is Literal:
        return any(value == part and type(value) is type(part) for part in args)
    if hint in (None, NoneType):
        return value is None
    if origin in LISTS:
        return isinstance(value, list | tuple) and items_fit(origin, args, value)
    if isinstance(value, Mapping) and "_target_" in value:
        return True
    return instance(origin, value)


def items_fit(origin: Any, args: tuple[Any, ...], value: Sequence[Any]) -> bool:
    """Whether the items of a list fit the arguments of its hint."""
    if not args:
        return True
    if origin is tuple and args[-1:] != (Ellipsis,):
        return len(value) == len(args) and all(map(fits, args, value))
    return all(map(partial(fits, args[0]), value))


def instance(kind: Any, value: Any) -> bool:
    """Whether `value` is a `kind`, as YAML would write one."""
    if kind is bool or kind is str:
        return isinstance(value, kind)
    if kind is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if kind is float:
        return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)
    if kind is Callable:
        return callable(value)
    if not isinstance(kind, type) or not inspect.isclass(kind) or issubclass(kind, Enum):
        return True
    if issubclass(PurePath, kind) or issubclass(kind, PurePath):
        return isinstance(value, str | PurePath)
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol that cannot be asked
        return True


def rule(hint: Any) -> str:
    """What a value must be, in words.

    >>> rule(int | None), rule(tuple[int, int]), rule(Sequence[int] | None)
    ('a whole number or null', 'a list of 2 whole numbers', 'a list of whole numbers or null')
    """
    origin, args = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, UnionType):
        parts = [part for part in args if part in PLAIN or get_origin(part) or part is NoneType]
        return " or ".join(dict.fromkeys(map(rule, parts or args)))
    if origin is Literal:
        return f"one of {', '.join(map(str, args))}" if args[1:] else str(args[0])
    if hint in (None, NoneType):
        return "null"
    if origin in LISTS:
        return f"a list{content(origin, args)}"
    return PLAIN.get(origin, "a component, with a _target_")


def content(origin: Any, args: tuple[Any, ...]) -> str:
    """What the items of a list are, as the end of a phrase; empty if its hint does not say."""
    if not args:
        return ""
    first = args[0]
    if get_origin(first) in (Union, UnionType):
        first = next((part for part in get_args(first) if part in PLAIN), first)
    size = f"{len(args)} " if origin is tuple and args[-1] is not Ellipsis else ""
    if (get_origin(first) or first) in LISTS:
        return f" of {size}lists{content(get_origin(first), get_args(first))}"
    return f" of {size}{MANY.get(first, 'components')}"


def hint_of(default: Any) -> Any:
    """The hint for a value that has none, by its default; None, lists and others say nothing.

    A default such as 0 may well stand for a number that need not be whole.

    >>> hint_of(0), hint_of(True), hint_of(None)
    (<class 'float'>, <class 'bool'>, typing.Any)
    """
    if isinstance(default, str) and "${" in default:
        return Any
    return {int: float, float: float, bool: bool, str: str}.get(type(default), Any)
