"""Bytes of a text, cut into sequences: each byte is a token, the target is the next one."""

import importlib.util
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from blake3 import blake3

from robusttrain.training.data.base import Data
from robusttrain.training.samples import InMemory
from robusttrain.values import check_whole

TOKENS = 256


@dataclass
class Text(Data):
    """Sequences of `length` bytes; the last tenth of the text is for testing.

    Sample i: input b[iT : iT+T], target b[iT+1 : iT+T+1], with T = length.

    path: str or None. A file; None: the licence and the reference texts that Python ships,
        about half a megabyte, which depend on Python's version.
    length: int >= 1. Tokens a sequence.
    ValueError: there is no such file, or it is too short for one sequence of each kind.
    """

    path: str | None
    length: int

    classes = TOKENS

    def __post_init__(self) -> None:
        check_whole("data.length", self.length, 1, use=64)
        text = self.text()
        self.train_size = (len(text) * 9 // 10 - 1) // self.length
        if len(text) // 10 < self.length + 1:
            raise ValueError(
                f"data.length={self.length}: the text has {len(text)} bytes, too few for one "
                f"sequence to test on; use data.length={max(1, len(text) // 10 - 1)} or less, or "
                "a longer text"
            )

    @property
    def facts(self) -> dict[str, Any]:
        return {"vocabulary": TOKENS, "length": self.length, "classes": TOKENS}

    def sign(self) -> str:
        return blake3(self.text()).hexdigest()

    def text(self) -> bytes:
        """The whole text."""
        if self.path is None:
            return b"".join(path.read_bytes() for path in shipped())
        try:
            return Path(self.path).read_bytes()
        except OSError as error:
            raise ValueError(
                f"data.path={self.path} cannot be read ({error.strerror}); give the path of a "
                "text file, or null for the texts that Python ships"
            ) from error

    def load(self) -> tuple[InMemory, InMemory]:
        text = self.text()
        cut = len(text) * 9 // 10
        return self._sequences(text[:cut]), self._sequences(text[cut:])

    def _sequences(self, text: bytes) -> InMemory:
        tokens = torch.from_numpy(np.frombuffer(text, dtype=np.uint8).astype(np.int64))
        count = (len(tokens) - 1) // self.length
        inputs, targets = (
            tokens[shift : shift + count * self.length].view(count, self.length) for shift in (0, 1)
        )
        return InMemory(inputs, targets)


def shipped() -> list[Path]:
    """Files of text that come with Python: its licence and pydoc's topics, those that exist."""
    licence = Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    topics = importlib.util.find_spec("pydoc_data.topics")
    paths = [licence, *([Path(topics.origin)] if topics and topics.origin else [])]
    found = [path for path in paths if path.is_file()]
    if not found:
        raise ValueError("data.path=null: this Python ships no texts; set data.path to a text file")
    return found
