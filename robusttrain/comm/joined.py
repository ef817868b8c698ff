"""Joined: a worker rank that has come in, for the first time or again."""

from dataclasses import dataclass

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
