"""Server and worker ranks that are launched apart, and find each other by an address and keys."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robusttrain.comm.keys import certificates, load
from robusttrain.comm.reach import address_of, resolve
from robusttrain.config.keys import at_least

ROLES = ("server", "worker")


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


def check_cluster(cfg: dict[str, Any], local: int) -> Cluster:
    """Raise ValueError unless this process can find the others; returns what it is.

    local: int. The number of this process among those that torchrun has started with it.
    """
    cluster, ranks = Cluster(**cfg["cluster"]), cfg["runtime"]["ranks"]
    if cluster.role is None:
        for key in ("server", "keys", "start_with"):
            value = cfg["cluster"][key]
            if value is not None:
                raise ValueError(
                    f"cluster.{key}={value} is for ranks that are launched apart; set cluster.role "
                    "to server or worker, or leave it out"
                )
        return cluster
    if cluster.role not in ROLES:
        raise ValueError(f"cluster.role={cluster.role} must be server, worker or null")
    for key, example in (("server", "node-0:29500"), ("keys", "keys")):
        if cfg["cluster"][key] is None:
            raise ValueError(
                f"cluster.role={cluster.role} needs cluster.{key}; use cluster.{key}={example}"
            )
    if cfg["runtime"]["backend"] != "tls":
        raise ValueError(
            f"cluster.role={cluster.role} needs runtime.backend=tls: "
            f"{cfg['runtime']['backend']} ranks are launched together"
        )
    if cfg["objective"].get("vectorize") == "auto":
        raise ValueError(
            "objective.vectorize=auto is measured by the server of ranks that are launched "
            "together; with cluster.role use objective.vectorize=vmap, loop or batched"
        )
    resolve(cluster.address)
    if cluster.role == "server":
        check_server(cluster, ranks)
    else:
        check_worker(cluster, ranks, local)
    return cluster


def check_server(cluster: Cluster, ranks: int) -> None:
    """Raise ValueError unless the server has its key, and a certificate of each worker rank."""
    if cluster.start_with is not None:
        at_least("cluster.start_with", cluster.start_with, 1)
        if cluster.start_with > ranks:
            raise ValueError(
                f"cluster.start_with={cluster.start_with} must be at most runtime.ranks={ranks}"
            )
    load(cluster.folder, 0)
    missing = sorted(set(range(1, ranks + 1)) - certificates(cluster.folder).keys())
    if missing:
        raise ValueError(
            f"cluster.keys={cluster.keys} has no rank-{missing[0]}.crt, but runtime.ranks={ranks}; "
            "make keys for all with robusttrain keys, or lower runtime.ranks"
        )


def check_worker(cluster: Cluster, ranks: int, local: int) -> None:
    """Raise ValueError unless this rank exists and has its key."""
    at_least("cluster.rank", cluster.rank, 1)
    rank = cluster.rank + local
    if rank > ranks:
        raise ValueError(
            f"cluster.rank={cluster.rank} makes this rank {rank}, but there are "
            f"runtime.ranks={ranks}; lower it, or raise runtime.ranks on all ranks"
        )
    load(cluster.folder, rank)
