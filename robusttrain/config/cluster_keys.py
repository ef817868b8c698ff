"""Checks that a process that is launched apart has its key, and the certificates of the others."""

from robusttrain.comm.keys import certificates, load
from robusttrain.config.cluster import Cluster
from robusttrain.config.keys import at_least


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
