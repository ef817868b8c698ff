"""One rank from start to end, the server's hub being that of the in-process transport."""

import json
import logging
import signal

import pytest
import torch
from simulation import die, when

from robusttrain.comm.link import Kind, LinkError
from robusttrain.comm.rendezvous import Wire
from robusttrain.config.recipe import recipe
from robusttrain.monitor import wandb
from robusttrain.monitor.base import Monitor
from robusttrain.protocol.in_process import Network
from robusttrain.protocol.schedule import on_time
from robusttrain.run import assembly, rank
from robusttrain.run.simulate import numerics, simulate
from robusttrain.topology.parameter_server import work

RANKS = 2
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def logs_of_pytest(monkeypatch):
    """A rank sets up the logging of its process; the tests' own stays as it is."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)


@pytest.fixture
def be_server(configure, monkeypatch, tmp_path):
    """be_server(*overrides, schedule=...) -> the folder of a run that rank 0 of 3 has served."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", str(RANKS + 1))
    networks = []

    def run(*overrides, schedule=on_time, refusal=None):
        checked = recipe(configure(*overrides, f"run.root={tmp_path}", "run.name=run"), RANKS)

        def serve(wire: Wire, fingerprint: bytes):
            assert fingerprint == checked.fingerprint()
            if refusal is not None:
                raise refusal
            network = Network(CPU, schedule)
            networks.append(network)
            for name in range(1, RANKS + 1):
                worker = assembly.worker(checked, name, RANKS, CPU)
                network.start(
                    name,
                    lambda link, worker=worker: work(
                        worker, link, checked.planner, wire.limit_down, wire.patience
                    ),
                )
            return network.hub(wire.limit_up, wire.deadline)

        monkeypatch.setattr(Wire, "serve", serve)
        with numerics(1):
            rank.run_rank(checked)
        return tmp_path / "run"

    yield run
    for network in networks:
        network.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def lines(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_finished_run_leaves_its_files_and_prints(be_server, small, configure, capsys):
    folder = be_server(*small, "evaluate_every=2")
    assert {path.name for path in folder.iterdir()} == {
        "certificate.json", "config.yaml", "metrics.jsonl", "summary.json", "model.pt"
    }  # fmt: skip
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["finished"], summary["steps"], summary["lost_ranks"]) == (True, 3, {})
    kinds = [(line["kind"], line["step"]) for line in lines(folder)]
    assert kinds == [("step", 0), ("step", 1), ("evaluation", 2), ("step", 2), ("evaluation", 3)]
    certificate = json.loads((folder / "certificate.json").read_text())
    assert certificate["workers"] == 5
    printed = capsys.readouterr().out
    for words in ("step 2/3: test accuracy", "run: finished", "convicted", "traffic to server"):
        assert words in printed

    expected = simulate(recipe(configure(*small), RANKS), ranks=RANKS)
    state = torch.load(folder / "model.pt", weights_only=True)
    assert torch.equal(torch.cat([t.flatten() for t in state.values()]), expected.parameters)


DRAWN = (
    "defense.secret=null", "detector=audit", "audit.random=4", "preaggregator=[bucketing]",
    "preaggregator.bucketing.buckets=5", "aggregator=median",
)  # fmt: skip


def drawn(folder) -> tuple[str, list, torch.Tensor | None]:
    """What the summary tells of the secret; the tasks audited at each step; the parameters."""
    secret = json.loads((folder / "summary.json").read_text())["defense_secret"]
    model, audited = folder / "model.pt", [line.get("audited") for line in lines(folder)]
    state = torch.load(model, weights_only=True) if model.exists() else None
    return secret, audited, state and torch.cat([t.flatten() for t in state.values()])


def test_a_drawn_secret_is_told_in_the_summary_alone_and_repeats_the_run(
    be_server, small, tmp_path
):
    folder = be_server(*small, *DRAWN)
    secret, audited, parameters = drawn(folder)
    for name in ("config.yaml", "certificate.json", "metrics.jsonl"):
        assert secret not in (folder / name).read_text()
    for name, known in (("other", "null"), ("again", secret)):
        folder.rename(tmp_path / f"before-{name}")
        be_server(*small, *DRAWN, f"defense.secret={known}")
        told, seen, found = drawn(folder)
        assert (told == secret, seen == audited) == (name == "again",) * 2
        assert torch.equal(found, parameters) == (name == "again")


def test_a_run_that_broke_off_tells_its_secret_too(be_server, small, tmp_path):
    with pytest.raises(RuntimeError, match="no worker rank is left"):
        be_server(*small, *DRAWN, schedule=when(die, kind=Kind.COMMIT, since=1))
    secret, _, _ = drawn(tmp_path / "run")
    assert int(secret).bit_length() > 64


def test_why_a_run_broke_off_is_in_its_summary(be_server, small, tmp_path, capsys):
    """Both ranks die in step 1; the parameters so far are not kept as if they were a result."""
    with pytest.raises(RuntimeError, match="no worker rank is left after step 1"):
        be_server(*small, schedule=when(die, kind=Kind.COMMIT, since=1))
    folder = tmp_path / "run"
    summary = json.loads((folder / "summary.json").read_text())
    assert not summary["finished"]
    assert summary["error"] == "RuntimeError: no worker rank is left after step 1"
    assert summary["steps"] == 2
    assert summary["lost_ranks"] == dict.fromkeys(["1", "2"], "broke: power cut")
    assert not (folder / "model.pt").exists()
    assert "BROKEN OFF" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_its_code_and_a_summary(be_server, small, tmp_path, number):
    def interrupt(delivery):
        if delivery.message.step == 1:
            signal.raise_signal(number)
        return (delivery,)

    with pytest.raises(SystemExit) as end:
        be_server(*small, schedule=interrupt)
    assert end.value.code == 128 + number
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["finished"], summary["steps"]) == (False, 1)
    assert summary["error"] == f"SystemExit: {128 + number}"


def test_ranks_that_may_not_join_leave_no_folder(be_server, small, tmp_path):
    with pytest.raises(RuntimeError, match="another configuration"):
        be_server(*small, refusal=RuntimeError("rank 1 runs another configuration"))
    assert list(tmp_path.iterdir()) == []


class Heard(Monitor):
    """Stands for wandb, and keeps what it is told."""

    made: list["Heard"]

    def __init__(self, *arguments) -> None:
        self.arguments, self.said = arguments, []
        self.made.append(self)

    def step(self, record):
        self.said.append(("step", record["step"]))

    def evaluation(self, record):
        self.said.append(("evaluation", record["step"]))

    def end(self, summary):
        self.said.append(("end", summary["finished"]))


@pytest.mark.parametrize("enabled", [False, True])
def test_wandb_is_told_the_run_only_if_it_is_enabled(be_server, small, monkeypatch, enabled):
    made = []
    monkeypatch.setattr(wandb, "Wandb", type("Heard", (Heard,), {"made": made}))
    words = (f"wandb.enabled={enabled}", "wandb.mode=offline", "wandb.project=mine")
    folder = be_server(*small, "steps=1", *words)
    assert len(made) == enabled
    if enabled:
        project, mode, place, config = made[0].arguments
        assert (project, mode, place, config["workers"]) == ("mine", "offline", folder, 5)
        assert made[0].said == [("step", 0), ("evaluation", 1), ("end", True)]


@pytest.mark.parametrize("gone", [False, True])
def test_a_worker_rank_works_until_the_server_is_done_or_gone(configure, small, monkeypatch, gone):
    """It says which workers it hosts; the loss of the server is its failure."""
    checked, heard = recipe(configure(*small), RANKS), []
    monkeypatch.setenv("RANK", "2")
    monkeypatch.setenv("WORLD_SIZE", str(RANKS + 1))
    monkeypatch.setattr(Wire, "attend", lambda wire, fingerprint: heard.append(fingerprint) or wire)

    def be_worker(worker, link, plan, limit, wait):
        heard.append((worker.hosted, limit, wait))
        if gone:
            raise LinkError("was silent for 5 s")

    monkeypatch.setattr(rank, "work", be_worker)
    before = signal.getsignal(signal.SIGINT)
    try:
        with numerics(1):
            if gone:
                with pytest.raises(SystemExit, match="rank 2: the server was silent for 5 s"):
                    rank.run_rank(checked)
            else:
                rank.run_rank(checked)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)
    wire = assembly.wire(checked, CPU)
    assert heard == [checked.fingerprint(), ([3, 4], wire.limit_down, wire.patience)]
