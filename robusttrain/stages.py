"""Namespaces of the stages: the classes of a folder's modules, imported when they are asked for.

A stage's package has no list of its members: the folder is the list, so that a new rule edits no
file. `rt.aggregator.Krum` imports aggregator/krum.py, and no other rule.
"""

import ast
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["classes", "expose"]


def expose(package: str, folder: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a stage's package: its classes and modules by name.

    package: its `__name__`; folder: its `__file__`.
    """
    place = Path(folder).parent

    def get(name: str) -> Any:
        if name == "__all__":
            return sorted(classes(place))
        if name.startswith("_"):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if (place / f"{name}.py").is_file():
            return import_module(f"{package}.{name}")
        module = classes(place).get(name)
        if module is None:
            known = ", ".join(sorted(classes(place)))
            raise AttributeError(f"module {package!r} has no {name!r}; it has {known}")
        return getattr(import_module(f"{package}.{module}"), name)

    def names() -> list[str]:
        return sorted({*classes(place), *modules(place)})

    return get, names


def modules(place: Path) -> list[str]:
    """The names of the modules in a folder."""
    return sorted(p.stem for p in place.glob("*.py") if not p.stem.startswith("_"))


@cache
def classes(place: Path) -> dict[str, str]:
    """Public class -> the module of the folder that defines it; nothing is imported."""
    return {
        node.name: module
        for module in modules(place)
        for node in ast.parse((place / f"{module}.py").read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
