"""Figures of a table: what one run measured after one of its steps."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from blake3 import blake3

from robusttrain.study.cell import Cell


@dataclass(frozen=True)
class Figure:
    """What one run measured after one of its steps.

    row, column, seed: of its cell.
    step: int. Steps done.
    words: str. Digest of the overrides: a cell that was changed is another one.
    hardware: str. What bits may depend on.
    measures: name -> value.
    """

    row: str
    column: str
    seed: int
    step: int
    words: str
    hardware: str
    measures: dict[str, float]

    @property
    def place(self) -> tuple[str, str, int, int]:
        """What it is of: row, column, seed and step."""
        return self.row, self.column, self.seed, self.step


def digest_of(cell: Cell, at: Iterable[int]) -> str:
    """8 hexadecimal digits that tell what is run and when it is measured.

    >>> digest_of(Cell("a", "b", 0, ("steps=3", "seed=0")), [])
    '95a93ed1'
    """
    return blake3("\n".join([*cell.words, *map(str, at)]).encode()).hexdigest(8)[:8]


def hardware() -> str:
    """Processor family, vector instructions and version of torch."""
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()} {capability} torch {torch.__version__}"
