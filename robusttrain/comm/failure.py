"""The last message of a worker rank that fails: its cause and its traceback, as untrusted text."""

import traceback
from pathlib import Path

import torch

FAILURE_BYTES = 16384
CAUSE_LENGTH = 400
LINE_LENGTH = 400
TORCH = str(Path(torch.__file__).parent)


def pack(error: BaseException) -> bytes:
    """An exception as UTF-8 text of at most `FAILURE_BYTES`: its cause, then its traceback."""
    cause = cause_of(error).encode()[:CAUSE_LENGTH]
    frames = traceback_of(error).encode()[-(FAILURE_BYTES - CAUSE_LENGTH - 1) :]
    return cause + b"\n" + frames


def unpack(data: bytes) -> tuple[str, str]:
    """(cause, traceback) of what `pack` made; or of what a liar did, without harm to a terminal.

    Only printable characters are kept, and both are as short as those of an honest rank.

    >>> unpack(b"ValueError: \\x1b[2Jgone\\n  File 'a.py'\\xff")
    ('ValueError: [2Jgone', "  File 'a.py'\\ufffd")
    """
    text = data[:FAILURE_BYTES].decode(errors="replace")
    cause, *lines = [printable(line) for line in text.split("\n")]
    return cause[:CAUSE_LENGTH], "\n".join(line[:LINE_LENGTH] for line in lines)


def cause_of(error: BaseException) -> str:
    """An exception in one line: its type, and what it says."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def traceback_of(error: BaseException) -> str:
    """The traceback, with causes; of torch's own frames only a last one is shown."""
    whole = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = whole
    while part is not None:
        last = len(part.stack) - 1
        shown = [f for i, f in enumerate(part.stack) if i == last or TORCH not in f.filename]
        part.stack = traceback.StackSummary.from_list(shown)
        part = part.__cause__ or part.__context__
    return "".join(whole.format()).rstrip()


def printable(line: str) -> str:
    """The characters of a line that can be printed; a tab is a space."""
    return "".join(filter(str.isprintable, line.replace("\t", " ")))
