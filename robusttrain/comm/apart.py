"""How ranks that were launched apart meet: the server's address, and files of keys."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from robusttrain.comm.bell import Bell
from robusttrain.comm.door import Door
from robusttrain.comm.keys import certificate, certificates, load
from robusttrain.comm.link import Message
from robusttrain.comm.reach import reach
from robusttrain.comm.tls_link import TlsLink

ANYWHERE = ("0.0.0.0", "::", "*")


@dataclass(frozen=True)
class Apart:
    """Where the others are, and the folder of keys; see `keys`.

    address: host and port of the server.
    folder: Path. Of keys.
    start_with: int or None. Worker ranks that the server waits for; None: all.
    """

    address: tuple[str, int]
    folder: Path
    start_with: int | None = None

    def door(self, ranks: int, fingerprint: bytes, device: torch.device, bell: Bell) -> Door:
        """The server's door. Raises OSError if the address cannot be listened at."""
        at = listening(self.address)
        known = certificates(self.folder)
        return Door(
            at, load(self.folder, 0), fingerprint, device, bell.ring,
            certificates={rank: known[rank] for rank in range(1, ranks + 1)},
        )  # fmt: skip

    def way(self, rank: int, device: torch.device, seconds: float) -> Callable[[Message], TlsLink]:
        """hello -> a link to the server, which may be about to start for so many seconds."""
        identity, server = load(self.folder, rank), certificate(self.folder, 0)
        return lambda hello: reach(self.address, identity, server, hello, device, seconds)


def listening(address: tuple[str, int]) -> tuple[str, int]:
    """An address as a listener takes it: the host is empty where all of this machine's are meant.

    >>> listening(("0.0.0.0", 29500)), listening(("node-0", 29500))
    (('', 29500), ('node-0', 29500))
    """
    host, port = address
    return ("" if host in ANYWHERE else host), port
