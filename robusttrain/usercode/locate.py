"""Things of the user's by their dotted paths, such as `mine.Net`."""

import os
import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from robusttrain.usercode.broken import Broken, described


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
