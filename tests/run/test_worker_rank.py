"""A worker rank of a run: it works, comes back, and tells the server why it fails."""

import signal
from dataclasses import replace

import pytest
import torch

from robusttrain.comm.failure import unpack
from robusttrain.comm.link import Kind, LinkError
from robusttrain.comm.rendezvous import Wire
from robusttrain.config.recipe import recipe
from robusttrain.run import assembly, rank, worker_rank
from robusttrain.run.interruption import NUMBERS
from robusttrain.run.simulate import numerics

pytestmark = pytest.mark.usefixtures("logs_of_pytest")
CPU, RANKS = torch.device("cpu"), 2


class Peer:
    """A link to a server that drops it after the first message; `deaf`: before."""

    def __init__(self, deaf: bool = False) -> None:
        self.deaf, self.sent = deaf, []

    def send(self, message, seconds):
        if self.deaf:
            raise LinkError("broke: it is closed")
        self.sent.append(message)

    def receive(self, limit, seconds=None):
        raise LinkError("broke: it is closed")

    def close(self):
        self.closed = True


@pytest.fixture
def be_worker(configure, small, monkeypatch, signals):
    """be_worker(link, error) -> what rank 2 of 3 is given; its work ends by `error`, if any."""
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", str(RANKS + 1))
    monkeypatch.delenv("GROUP_RANK", raising=False)

    def run(link, error=None):
        checked, heard = recipe(configure(*small), RANKS), []

        def attend(wire, fingerprint, failure=b"", way=None):
            assert fingerprint == checked.fingerprint()
            if len(heard) == 2:
                assert link.closed
                raise LinkError("is not there")
            heard.append(failure)
            return link

        def be(answers, link, plan, limit, wait):
            heard.append((answers.worker.hosted, limit, wait))
            if error is not None:
                raise error

        monkeypatch.setattr(Wire, "attend", attend)
        monkeypatch.setattr(Wire, "way", lambda wire: None)
        monkeypatch.setattr(worker_rank, "work", be)
        with numerics(1):
            rank.run_rank(checked)
        heeded = {signal.getsignal(number) for number in NUMBERS}
        assert not heard[1:] or heeded == {signal.SIG_IGN}, "they are the server's alone"
        wire = assembly.wire(checked, CPU)
        assert heard[1:] in ([], [([3, 4], wire.limit_down, wire.patience)])
        return heard

    return run


def test_a_worker_rank_works_until_the_server_is_done(be_worker):
    assert len(be_worker(Peer())) == 2


@pytest.mark.parametrize("beside", [False, True])
def test_a_worker_rank_says_that_the_server_is_gone_unless_that_is_seen(
    be_worker, monkeypatch, caplog, beside
):
    """On the server's own machine the server, or its supervisor, tells."""
    if beside:
        monkeypatch.setenv("GROUP_RANK", "0")
        monkeypatch.setenv("LOCAL_WORLD_SIZE", str(RANKS + 1))
    be_worker(Peer(), LinkError("was silent for 5 s"))
    said = [line for line in caplog.messages if line.startswith("the server ")]
    coming_back = "the server was silent for 5 s; this rank tries to come back"
    assert said == ([] if beside else [coming_back, "the server is not there"])


def test_a_worker_rank_that_fails_tells_the_server(be_worker, capsys):
    link = Peer()
    be_worker(link, KeyError("no such layer"))
    (message,) = link.sent
    cause, traceback = unpack(message.bytes().tobytes())
    assert (message.kind, cause) == (Kind.FAILED, "KeyError: 'no such layer'")
    assert traceback.endswith(cause)
    assert capsys.readouterr().err == ""


@pytest.fixture
def alone(monkeypatch):
    """The rank was launched apart from the others."""
    wire = assembly.wire
    monkeypatch.setattr(assembly, "wire", lambda *given: replace(wire(*given), apart=object()))


def test_a_worker_rank_that_fails_is_started_again_if_it_was_launched_apart(be_worker, alone):
    link = Peer()
    with pytest.raises(SystemExit) as end:
        be_worker(link, KeyError("no such layer"))
    assert end.value.code == 1
    assert [message.kind for message in link.sent] == [Kind.FAILED]


def test_a_worker_rank_that_was_launched_apart_is_ready_before_it_joins(
    be_worker, alone, monkeypatch
):
    """Of what torch imports for its first vmap."""
    monkeypatch.setattr(torch.func, "vmap", lambda function: 1 / 0)
    link = Peer()
    with pytest.raises(SystemExit):
        be_worker(link)
    assert link.sent == []


def test_a_worker_rank_that_cannot_be_made_tells_the_server_in_place_of_a_greeting(
    be_worker, monkeypatch
):
    monkeypatch.setattr(assembly, "worker", lambda *_: 1 / 0)
    (failure,) = be_worker(Peer())
    assert unpack(failure)[0] == "ZeroDivisionError: division by zero"


def test_a_worker_rank_that_cannot_tell_the_server_prints_its_traceback(be_worker, capsys):
    with pytest.raises(SystemExit, match="rank 2 failed: KeyError: 'no such layer'"):
        be_worker(Peer(deaf=True), KeyError("no such layer"))
    assert "Traceback" in capsys.readouterr().err
