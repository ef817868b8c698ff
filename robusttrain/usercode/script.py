"""The dotted paths of things, by which other processes import them."""

import ast
import sys
from pathlib import Path
from typing import Any


def path_of(key: str, thing: Any) -> str:
    """The dotted path at which another process can import a class or function; a path as it is.

    What the running script defines is found by the script's name. Raises ValueError if it
    cannot be imported: a lambda, a function inside of a function, an object.

    >>> path_of("loss", abs)
    'builtins.abs'
    """
    if isinstance(thing, str):
        return thing
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if not callable(thing) or module is None or name is None or "<" in name:
        shown = name or f"an object of {type(thing).__name__}"
        raise ValueError(
            f"{key}: {shown} cannot be imported by other processes; pass a class or a function "
            "that stands at the top of a file"
        )
    if module == "__main__":
        module = script_module(key)
    return f"{module}.{name}"


def script_module(key: str) -> str:
    """The name under which other processes import the running script; also set here."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file is None:
        raise ValueError(
            f"{key} is defined in an interactive session, where other processes cannot import "
            "it; put it into a file, as in mine.py, and import it from there"
        )
    check_guard(key, file)
    folder, name = str(Path(file).resolve().parent), Path(file).stem
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules.setdefault(name, main)
    return name


def check_guard(key: str, file: str) -> None:
    """Raise ValueError if the running script would run again when another process imports it."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__") != "__main__":
        frame = frame.f_back
    while frame.f_back is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    line = frame.f_lineno
    for node in ast.parse(Path(file).read_text()).body:
        if node.lineno <= line <= (node.end_lineno or line):
            if not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)):
                raise ValueError(
                    f"{key} is defined in {Path(file).name}, which other processes import: put "
                    f'line {line} and what follows under if __name__ == "__main__":'
                )
            return
