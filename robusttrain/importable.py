"""Things of the user's by their dotted paths, such as `mine.Net`, and the paths of things."""

import ast
import os
import sys
import traceback
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def trace_of(error: BaseException) -> str:
    """The traceback of the user's own code that an error carries; "" if it carries none."""
    return error.trace if isinstance(error, Broken) else ""


class Broken(ValueError):
    """A module or a function of the user's that raises; `trace`: its own traceback, as text.

    error: what it raised, or the traceback itself.
    """

    def __init__(self, message: str, error: BaseException | str) -> None:
        super().__init__(message)
        self.trace = error if isinstance(error, str) else own_frames(error)

    def __reduce__(self) -> tuple:
        return Broken, (str(self), self.trace)


def locate(key: str, path: str) -> Any:
    """The class or function at a dotted path.

    key: str. The configuration's key, for errors.
    path: str, `module.name`; the current folder is looked at as well.

    Raises ValueError if there is no such module or name in it; `Broken` if the module fails.

    >>> locate("model._target_", "collections.OrderedDict").__name__
    'OrderedDict'
    """
    if not isinstance(path, str) or not all(path.split(".")) or "." not in path:
        raise ValueError(f"{key}={path} must be module.name, as in {key}=mine.Net for mine.py")
    names = path.split(".")
    for count in range(len(names) - 1, 0, -1):
        module = ".".join(names[:count])
        if module not in sys.modules and not exists(module):
            continue
        try:
            thing: Any = import_module(module)
        except Exception as error:
            raise Broken(
                f"{key}={path}: module {module} does not import: {described(error)}", error
            ) from error
        for name in names[count:]:
            if not hasattr(thing, name):
                raise ValueError(f"{key}={path}: {module} has no {name}; {names_in(module, name)}")
            thing = getattr(thing, name)
        return thing
    raise ValueError(
        f"{key}={path}: there is no module {names[0]}, neither in {os.getcwd()} nor where Python "
        "looks (PYTHONPATH); write module.name, as in mine.Net for mine.py"
    )


def exists(module: str) -> bool:
    """Whether a module of this name can be found; its parents may be imported for that."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def names_in(module: str, name: str) -> str:
    """What a module of the user's defines instead of `name`, for an error."""
    own = [n for n, v in vars(sys.modules[module]).items()
           if getattr(v, "__module__", None) == module and not n.startswith("_")]  # fmt: skip
    near = get_close_matches(name, own, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"it defines {', '.join(own[:10])}" if own else "it defines nothing"


def described(error: BaseException) -> str:
    """Type, message and the line of the user's that raised, in one line.

    >>> described(ValueError("too", "long"))
    "ValueError: ('too', 'long')"
    """
    return f"{type(error).__name__}: {' '.join(str(error).split())}{line_of(error)}"


def line_of(error: BaseException) -> str:
    """The last line of the user's code that an error went through, as " (mine.py, line 3)"."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_own(f.filename)]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def own_frames(error: BaseException) -> str:
    """The traceback without the frames of this package and of Python's import machinery."""
    report = traceback.TracebackException.from_exception(error)
    report.stack = traceback.StackSummary.from_list([f for f in report.stack if is_own(f.filename)])
    report.__cause__ = report.__context__ = None
    return "".join(report.format())


def is_own(filename: str) -> bool:
    """Whether a file is neither this package's, nor a library's, nor Python's own."""
    library = ("site-packages", "dist-packages", os.path.dirname(os.__file__))
    inside = Path(filename).is_relative_to(Path(__file__).parent)
    return not (inside or filename.startswith("<") or any(place in filename for place in library))


def path_of(key: str, thing: Any) -> str:
    """The dotted path at which another process can import a class or function.

    What the running script defines is found by the script's name. Raises ValueError if it
    cannot be imported: a lambda, a function inside of a function, an object.

    >>> path_of("loss", abs)
    'builtins.abs'
    """
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
