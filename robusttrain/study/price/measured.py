"""What one rank measured in one block of one row, and the file that it leaves."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """One block: several timed steps of one row.

    row: str. Its name.
    turn: int. Which round.
    rank: int. Of the process that measured.
    count: int. Timed steps.
    steps: seconds of each of them, where this rank knows them.
    cpu: float. CPU seconds of the process, all threads, in all of them.
    phases, beside, bytes: by phase, in all of them; see `Phases`.
    """

    row: str
    turn: int
    rank: int
    count: int
    steps: list[float]
    cpu: float
    phases: dict[str, float] = field(default_factory=dict)
    beside: dict[str, float] = field(default_factory=dict)
    bytes: dict[str, float] = field(default_factory=dict)


def write(blocks: Sequence[Block], folder: Path, rank: int) -> None:
    """Leave what a rank measured in `folder`."""
    text = json.dumps([asdict(block) for block in blocks])
    (folder / f"rank{rank}.json").write_text(text)


def read(folder: Path) -> list[Block]:
    """What all ranks left in `folder`, rank by rank."""
    files = sorted(folder.glob("rank*.json"))
    return [Block(**block) for path in files for block in json.loads(path.read_text())]
