"""How ranks that were launched together meet over TLS: they exchange certificates over the store.

Each rank makes its own key when it starts, and the key never leaves it. Whoever can write to the
store while ranks join could take the place of one; afterwards it can no more.
"""

from collections.abc import Callable
from datetime import timedelta

import torch
import torch.distributed as dist

from robusttrain.comm.assembled import late
from robusttrain.comm.bell import Bell
from robusttrain.comm.door import Door
from robusttrain.comm.identity import SERVER, fresh
from robusttrain.comm.link import LinkError, Message
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.reach import reach
from robusttrain.comm.tls_link import TlsLink


def open_door(
    store: dist.Store, host: str, ranks: int, fingerprint: bytes, device: torch.device,
    seconds: float, bell: Bell,
) -> Door:  # fmt: skip
    """The server's door, which knows all worker ranks; RanksMissing names one that is not there.

    store: of this meeting alone. host: to listen at. ranks: W.
    fingerprint: 32 bytes, see `Door`. seconds: that each rank has to come. bell: that it rings.
    """
    identity = fresh(SERVER)
    door = Door((host, 0), identity, fingerprint, device, bell.ring)
    try:
        for rank in range(1, ranks + 1):
            admit(door, store, rank, seconds)
            store.set(f"server/{rank}", f"{door.port}\n{identity.certificate.decode()}")
    except BaseException:
        door.close()
        raise
    return door


def admit(door: Door, store: dist.Store, rank: int, seconds: float) -> None:
    """Have the door let in who has the key of the certificate that the rank put into the store."""
    try:
        store.wait([f"rank/{rank}"], timedelta(seconds=seconds))
        door.admit(rank, store.get(f"rank/{rank}"))
    except dist.DistStoreError as error:
        raise late(rank, seconds) from error
    except ValueError as error:
        raise RanksMissing(f"rank {rank} put something else than a certificate there") from error


def way_in(
    store: dist.Store, host: str, rank: int, device: torch.device, seconds: float
) -> Callable[[Message], TlsLink]:
    """hello -> this worker rank's link to the server, at `host`, as often as it is wanted.

    A server that has closed its door is not waited for. Raises LinkError if it is not there, and
    so does what is returned if the rank is not let in.
    """
    identity = fresh(f"rank {rank}")
    store.set(f"rank/{rank}", identity.certificate.decode())
    try:
        store.wait([f"server/{rank}"], timedelta(seconds=seconds))
    except (dist.DistStoreError, RuntimeError) as error:
        raise LinkError(f"did not join within {seconds:g} s") from error
    port, _, certificate = store.get(f"server/{rank}").partition(b"\n")
    address = host, int(port)
    return lambda hello: reach(
        address, identity, certificate, hello, device, seconds, restarts=False
    )
