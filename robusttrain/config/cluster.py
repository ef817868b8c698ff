"""Server and worker ranks that are launched apart, and find each other by an address and keys."""

from dataclasses import dataclass
from pathlib import Path

from robusttrain.comm.address import address_of


@dataclass(frozen=True)
class Cluster:
    """What this process is in a run whose ranks are launched apart.

    role: server, worker or None: all ranks are launched together.
    server: host:port. Where the server listens, and where worker ranks find it.
    rank: int. Of a worker: its number, 1..W; under torchrun that of its first process.
    keys: folder of this process's key and the others' certificates.
    start_with: int or None. Worker ranks that the server waits for; None: all.
    """

    role: str | None
    server: str | None
    rank: int
    keys: str | None
    start_with: int | None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the server."""
        return address_of(self.server or "")

    @property
    def folder(self) -> Path:
        return Path(self.keys or "")
