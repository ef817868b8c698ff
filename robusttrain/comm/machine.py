"""Which host, device and process a rank runs on, as short text that is safe to print.

A rank tells it once, when it joins. It may lie, so nothing is decided by it; the launcher's
knowledge goes first where there is any.
"""

import os
import re
import socket
from dataclasses import dataclass, replace

import torch

UNKNOWN = "unknown"
HOST, DEVICE, PID = 64, 110, 10
MACHINE_BYTES = HOST + DEVICE + PID + 2


@dataclass(frozen=True)
class Machine:
    """Where one rank runs.

    host: str. At most 64 characters.
    device: str. `cpu`, or name and UUID of the GPU; at most 110 characters.
    pid: int or None. The process; None if what it told is no number.
    host_from: `launcher` if that started the rank on the host; `rank` if only the rank says so.

    >>> told = Machine("node-7", "cuda:0 H100 GPU-5f3c", 4711)
    >>> str(Machine.decode(told.encode()))
    'node-7, cuda:0 H100 GPU-5f3c, pid 4711'
    """

    host: str
    device: str
    pid: int | None
    host_from: str = "rank"

    @classmethod
    def here(cls, device: torch.device) -> "Machine":
        """This process, which computes on `device`."""
        return cls(printable(socket.gethostname(), HOST), describe(device), os.getpid())

    @classmethod
    def decode(cls, payload: bytes) -> "Machine":
        """What `encode` made; of anything else what is printable in it, cut to its length."""
        parts = payload.rstrip(b"\0").decode("latin-1").split("\n")
        host, device, pid = (*parts, "", "", "")[:3]
        number = int(pid) if re.fullmatch(f"[0-9]{{1,{PID}}}", pid) else None
        return cls(printable(host, HOST), printable(device, DEVICE), number)

    def encode(self) -> bytes:
        """`MACHINE_BYTES` bytes: three lines, filled up with zeros."""
        lines = (self.host, self.device, UNKNOWN if self.pid is None else str(self.pid))
        return "\n".join(lines).encode("latin-1").ljust(MACHINE_BYTES, b"\0")

    def on(self, host: str) -> "Machine":
        """The same, with the host that the launcher knows."""
        return replace(self, host=printable(host, HOST), host_from="launcher")

    def __str__(self) -> str:
        return f"{self.host}, {self.device}, pid {UNKNOWN if self.pid is None else self.pid}"


def describe(device: torch.device) -> str:
    """`cpu`, or number, name and UUID of the GPU as nvidia-smi shows it."""
    if device.type != "cuda":
        return printable(str(device), DEVICE)
    properties = torch.cuda.get_device_properties(device)
    uuid = str(getattr(properties, "uuid", "without UUID"))
    uuid = f"GPU-{uuid}" if re.fullmatch("[0-9a-f-]{36}", uuid) else uuid
    return printable(f"{device} {properties.name[: DEVICE - 60]} {uuid}", DEVICE)


def printable(text: str, most: int) -> str:
    """At most `most` characters, and none that a terminal, rich or JSON could read as a command."""
    return re.sub(r"[^A-Za-z0-9 .:_()+-]", "?", text[:most]).strip() or UNKNOWN
