"""Names of components, and counts of things.

The name of a component on the command line is the name of its module.
"""

from typing import Any


def name_of(thing: Any) -> str:
    """The name under which a component is chosen, e.g. "krum" for a `Krum`."""
    return type(thing).__module__.rsplit(".", 1)[-1]


def name_of_target(target: str) -> str:
    """The same from the path of its class, as `_target_` in the configuration has it."""
    return target.split(".")[-2]


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """The count and its noun; `plural` where it is not the noun and an s.

    >>> counted(1, "rank"), counted(3, "rank"), counted(2, "copy", "copies")
    ('1 rank', '3 ranks', '2 copies')
    """
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
