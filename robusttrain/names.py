"""Names of components: the name on the command line is the name of the module."""

from typing import Any


def name_of(thing: Any) -> str:
    """The name under which a component is chosen, e.g. "krum" for a `Krum`."""
    return type(thing).__module__.rsplit(".", 1)[-1]


def name_of_target(target: str) -> str:
    """The same from the path of its class, as `_target_` in the configuration has it."""
    return target.split(".")[-2]
