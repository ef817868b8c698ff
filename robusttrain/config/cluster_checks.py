"""Checks that a process that is launched apart can find the others."""

from typing import Any

from robusttrain.comm.address import resolve
from robusttrain.config.cluster import Cluster
from robusttrain.config.cluster_keys import check_server, check_worker

ROLES = ("server", "worker")


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
