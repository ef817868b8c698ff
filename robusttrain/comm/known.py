"""Known: ranks are where the launcher knows that they are, if it does; else where they say."""

import socket
from dataclasses import dataclass, replace

from robusttrain.comm.door import Door
from robusttrain.comm.joined import Joined
from robusttrain.comm.machine import Machine
from robusttrain.comm.ranks import beside


@dataclass(frozen=True)
class Known:
    """A door whose ranks are where the launcher knows that they are, if it does."""

    door: Door

    def waiting(self) -> list[Joined]:
        """Who has come in since the last call."""
        return list(map(self.of, self.door.waiting()))

    def close(self) -> None:
        self.door.close()

    @staticmethod
    def of(joined: Joined) -> Joined:
        """One of them."""
        return replace(joined, machine=known(joined.rank, joined.machine))


def known(rank: int, machine: Machine) -> Machine:
    """Where a rank says that it runs; on which host as torchrun knows, if it does."""
    return machine.on(socket.gethostname()) if beside(rank) else machine
