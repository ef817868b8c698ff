"""A rank that is launched apart takes its place; what only the server finds out, it checks."""

import os
import socket
from types import SimpleNamespace

import pytest
from hydra.types import RunMode

from robusttrain.comm.keys import make
from robusttrain.run import apart


@pytest.fixture
def part(configure, small, tmp_path, monkeypatch):
    """part(*overrides, mode=) -> (the recipe, what was checked as a server's)."""
    make(tmp_path / "keys", 3)
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(name, "0")
        monkeypatch.delenv(name)

    def be(*overrides, mode=RunMode.RUN):
        monkeypatch.setattr(apart.HydraConfig, "get", lambda: SimpleNamespace(mode=mode))
        words = (f"cluster.keys={tmp_path / 'keys'}", "cluster.server=127.0.0.1:29500")
        checked = []
        made = apart.as_part(configure(*small, "runtime.ranks=3", *words, *overrides),
                             checked.append)  # fmt: skip
        return made, checked

    return be


def test_the_server_is_rank_0_and_is_checked(part):
    made, checked = part("cluster.role=server")
    assert checked == [made]
    assert (os.environ["RANK"], os.environ["WORLD_SIZE"]) == ("0", "4")


@pytest.mark.parametrize(("first", "local", "rank"), [(2, None, "2"), (2, "1", "3")])
def test_a_worker_is_the_rank_that_it_is_given_or_one_of_those_after_it(
    part, monkeypatch, first, local, rank
):
    if local is not None:  # torchrun has started several here
        monkeypatch.setenv("RANK", local)
        monkeypatch.setenv("LOCAL_RANK", local)
    _, checked = part("cluster.role=worker", f"cluster.rank={first}")
    assert checked == []
    assert (os.environ["RANK"], os.environ["WORLD_SIZE"]) == (rank, "4")


def test_an_address_that_is_taken_is_refused(part):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        with pytest.raises(ValueError, match=f"cluster.server={address} cannot be listened at"):
            part("cluster.role=server", f"cluster.server={address}")


def test_a_sweep_is_refused(part):
    with pytest.raises(ValueError, match="-m with cluster"):
        part("cluster.role=server", mode=RunMode.MULTIRUN)
