"""Joined: a worker rank that has come in, for the first time or again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from robusttrain.comm.link import Link
from robusttrain.comm.machine import Machine


@dataclass(frozen=True, eq=False)
class Joined:
    """A worker rank and its link.

    rank: int. link: Link. To it. machine: Machine. Where it says that it runs.
    """

    rank: int
    link: Link
    machine: Machine


class Doorway(Protocol):
    """Where ranks come in while a run lasts; see `Door`."""

    def waiting(self) -> Sequence[Joined]:
        """Who has come in since the last call; without waiting."""

    def close(self) -> None:
        """Let nobody in any more."""
