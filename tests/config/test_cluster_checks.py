"""Checks of a cluster: each refusal names the key, its value and the remedy."""

import pytest

from robusttrain.config.recipe import recipe

SERVER = ("cluster.role=server", "cluster.server=127.0.0.1:29500")
WORKER = ("cluster.role=worker", "cluster.server=127.0.0.1:29500")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cluster.role=judge",), "cluster.role=judge must be server, worker or null"),
        (("cluster.server=a:1",), "cluster.server=a:1 is for ranks that are launched apart"),
        (("cluster.role=server",), "cluster.role=server needs cluster.server; use cluster.server="),
        (SERVER, "cluster.role=server needs cluster.keys; use cluster.keys=keys"),
        (("KEYS", *SERVER, "cluster.server=node"), "cluster.server=node must be host:port"),
        (("KEYS", *SERVER, "cluster.server=no.such.host.:1"), "does not resolve"),
        (("KEYS", *SERVER, "runtime.backend=gloo"), "needs runtime.backend=tls"),
        (("KEYS", *SERVER, "objective.vectorize=auto"), "use objective.vectorize=vmap, loop or"),
        (("KEYS", *SERVER, "cluster.start_with=3"), "must be at most runtime.ranks=2"),
        (("KEYS", *SERVER, "runtime.ranks=3"), "has no rank-3.crt, but runtime.ranks=3"),
        (("KEYS", *WORKER, "cluster.rank=0"), "cluster.rank=0 must be a whole number >= 1"),
        (("KEYS", *WORKER, "cluster.rank=3"), "there are runtime.ranks=2; lower it"),
        (("cluster.keys=nowhere", *WORKER), "cluster.keys=nowhere: rank-1.key cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_by_name(configure, small, keys, words, said):
    given = [keys if word == "KEYS" else word for word in words]
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        recipe(configure(*small, "runtime.ranks=2", *given))
