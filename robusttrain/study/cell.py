"""A cell of a table: one run, and the names of what is measured of it."""

from dataclasses import dataclass

MEASURES = {
    "accuracy": "{:.3f}",
    "loss": "{:.3f}",
    "forged": "{:.4f}",
    "convicted": "{:.3g}",
    "false_convictions": "{:.3g}",
}


@dataclass(frozen=True)
class Cell:
    """One run of a table.

    row, column: str. Where it stands.
    seed: int. The same seeds in every cell, so that cells are paired.
    words: Hydra overrides, the seed among them.
    """

    row: str
    column: str
    seed: int
    words: tuple[str, ...]
