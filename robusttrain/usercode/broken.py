"""Errors in the user's own code: what they say, and their traceback without frames of ours."""

import os
import traceback
from pathlib import Path


class Broken(ValueError):
    """A module or a function of the user's that raises; `trace`: its own traceback, as text.

    error: what it raised, or the traceback itself.
    """

    def __init__(self, message: str, error: BaseException | str) -> None:
        super().__init__(message)
        self.trace = error if isinstance(error, str) else own_frames(error)

    def __reduce__(self) -> tuple:
        return Broken, (str(self), self.trace)


def trace_of(error: BaseException) -> str:
    """The traceback of the user's own code that an error carries; "" if it carries none."""
    return error.trace if isinstance(error, Broken) else ""


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
    inside = Path(filename).is_relative_to(Path(__file__).parents[1])
    return not (inside or filename.startswith("<") or any(place in filename for place in library))
