"""What a `_target_` names, and what it says of its own parameters."""

import inspect
import sys
from collections.abc import Callable
from typing import Any, get_type_hints

from robusttrain.usercode.locate import locate

empty = inspect.Parameter.empty
BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def found(path: Any) -> Callable[..., Any] | None:
    """What a `_target_` names; None if it cannot be found or is not callable."""
    try:
        target = locate("_target_", path) if isinstance(path, str) else path
    except ValueError:  # also for what a user's module raises; making the part says it
        return None
    return target if callable(target) and hasattr(target, "__qualname__") else None


def called(target: Callable[..., Any]) -> str:
    """The name of a component: of its file for our own, the shortest path to it for others."""
    path = f"{target.__module__}.{target.__qualname__}"
    *modules, name = path.split(".")
    if modules[0] == "robusttrain" and len(modules) > 1:
        return modules[-1]
    for count in range(1, len(modules)):
        if getattr(sys.modules.get(".".join(modules[:count])), name, None) is target:
            return ".".join([*modules[:count], name])
    return path


def is_ours(target: Callable[..., Any]) -> bool:
    """Whether it belongs to this package, whose refusals have remedies of their own."""
    return target.__module__.partition(".")[0] == "robusttrain"


def is_known(target: Callable[..., Any]) -> bool:
    """Whether it is ours or torch's, where no parameter has a use for infinity."""
    return is_ours(target) or target.__module__.partition(".")[0] == "torch"


def parameters_of(target: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """(parameters that can be given by name, whether any others can be given too)."""
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return {}, True
    more = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return {n: p for n, p in parameters.items() if p.kind in BY_NAME}, more


def hints_of(target: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of the parameters of `target`; none where they cannot be resolved."""
    try:
        return get_type_hints(target.__init__ if inspect.isclass(target) else target)
    except Exception:  # names that only type checkers see
        return {}
