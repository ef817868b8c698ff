"""Cluster: what a process that is launched apart must know, and what it is refused for."""

from robusttrain.config.recipe import recipe

SERVER = ("cluster.role=server", "cluster.server=127.0.0.1:29500")
WORKER = ("cluster.role=worker", "cluster.server=127.0.0.1:29500")


def test_both_roles_have_one_configuration(configure, small, keys):
    words = (*small, "runtime.ranks=2", keys)
    server = recipe(configure(*words, *SERVER, "resume=auto", "checkpoint.every=5"))
    worker = recipe(configure(*words, *WORKER, "cluster.rank=2"))
    assert server.cluster.address == ("127.0.0.1", 29500)
    assert (worker.cluster.rank, worker.cluster.start_with) == (2, None)
    assert server.fingerprint() == worker.fingerprint()
