"""One rank from start to end, the server's hub being that of the in-process transport."""

import json
import signal

import pytest
import torch
from probes import PROBES
from simulation import die, when
from support import SMALL

from robusttrain.comm.link import Kind
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.rendezvous import Wire
from robusttrain.config.recipe import recipe
from robusttrain.monitor import wandb
from robusttrain.monitor.base import Monitor
from robusttrain.protocol.in_process import Network
from robusttrain.protocol.schedule import on_time
from robusttrain.run import assembly, rank, recorder
from robusttrain.run.ending import DIVERGED, BrokenOff
from robusttrain.run.files import checkpoints
from robusttrain.run.postmortem import summary_of
from robusttrain.run.recorder import check_folder
from robusttrain.run.sides import answers_of
from robusttrain.run.simulate import numerics, simulate
from robusttrain.topology.parameter_server import work

pytestmark = pytest.mark.usefixtures("logs_of_pytest")
RANKS = 2
CPU = torch.device("cpu")


@pytest.fixture
def be_server(configure, monkeypatch, tmp_path, signals):
    """be_server(*overrides, schedule=...) -> the folder of a run that rank 0 of 3 has served."""
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
                worker = answers_of(checked, assembly.worker(checked, name, RANKS, CPU))
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


def parameters(folder) -> torch.Tensor:
    state = torch.load(folder / "model.pt", weights_only=True)
    return torch.cat([tensor.flatten() for tensor in state.values()])


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

    made = recipe(configure(*small), RANKS)
    assert torch.equal(parameters(folder), simulate(made, ranks=RANKS).parameters)
    state = torch.load(folder / "model.pt", weights_only=True)
    made.model.load_state_dict(state, strict=True)


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


def test_why_a_run_broke_off_is_in_its_summary(be_server, small, configure, tmp_path, capsys):
    """Both ranks die in step 1; the parameters after step 0 are kept, and the summary says so."""
    why = "no worker rank is left after step 1: ranks 1 and 2 broke: power cut"
    with pytest.raises(BrokenOff) as end:
        be_server(*small, schedule=when(die, kind=Kind.COMMIT, since=1))
    assert (str(end.value), end.value.code) == (why, 1)
    folder = tmp_path / "run"
    summary = json.loads((folder / "summary.json").read_text())
    assert not summary["finished"]
    assert summary["error"] == why
    assert (summary["steps"], summary["model_updates"]) == (2, 1)
    assert summary["lost_ranks"] == dict.fromkeys(["1", "2"], "broke: power cut")
    expected = simulate(recipe(configure(*small, "steps=1"), RANKS), ranks=RANKS)
    assert torch.equal(parameters(folder), expected.parameters)
    assert "BROKEN OFF" in capsys.readouterr().out
    buried = summary_of(folder, lines(folder), "killed")
    assert set(buried) == set(summary), "the supervisor of a killed server writes the same keys"
    for key in ("steps", "steps_skipped", "steps_divergent", "distorted_fraction_mean"):
        assert buried[key] == summary[key]


PROBED = (*PROBES, "threat.byzantine=1", "placement.workers=[1]", "probe.share=1")


@pytest.mark.parametrize("words", [SMALL, PROBED], ids=["digests", "probes"])
def test_a_run_that_was_stopped_goes_on_with_the_bits_of_one_that_was_not(
    be_server, words, tmp_path, capsys
):
    def stop(delivery):
        if getattr(delivery.message, "step", 0) == 2:
            signal.raise_signal(signal.SIGUSR1)
        return (delivery,)

    words = (*words, "steps=6", "optimizer=adam", "evaluate_every=2")
    with pytest.raises(BrokenOff) as end:
        be_server(*words, schedule=stop)
    assert (str(end.value), end.value.code) == ("stopped by SIGUSR1 after step 2", 138)
    folder = tmp_path / "run"
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["finished"], summary["steps"], summary["model_updates"]) == (False, 3, 3)
    assert summary["error"] == str(end.value)
    assert summary["checkpoint"] == str(folder / "checkpoints" / "step-00000003.pt")
    assert summary["resume"] == f"run.root={tmp_path} run.name=run resume=auto"
    be_server(*words, "resume=auto")
    assert json.loads((folder / "summary.json").read_text())["finished"]
    folder.rename(tmp_path / "stopped")
    be_server(*words)
    assert torch.equal(parameters(folder), parameters(tmp_path / "stopped"))
    timed = ("seconds", "bytes_to_server", "first_convicted")
    told = [
        [{k: v for k, v in line.items() if k not in timed} for line in lines(run)]
        for run in (tmp_path / "stopped", folder)
    ]
    if words[0] == SMALL[0]:
        assert told[0] == told[1]
    assert len(told[0]) == len(told[1]) == 9


@pytest.mark.parametrize(
    ("kind", "words", "kept"),
    [(Kind.COMMIT, (), 2), (Kind.ROWS, (), None),
     (Kind.ROWS, ("checkpoint.every=1",), 2)],
)  # fmt: skip
def test_of_a_step_that_is_broken_off_nothing_is_in_a_checkpoint(
    be_server, small, tmp_path, kind, words, kept
):
    """It holds the step before as long as nothing that is remembered has changed."""

    def stop(delivery):
        if delivery.message.step == 2 and delivery.message.kind == kind:
            for number in (signal.SIGTERM, signal.SIGALRM):
                signal.raise_signal(number)
        return (delivery,)

    words = (*small, "steps=4", "aggregator=centered_clipping", *words)
    with pytest.raises(BrokenOff, match=r"^stopped by SIGTERM after step 1, within step 2$"):
        be_server(*words, schedule=stop)
    folder = tmp_path / "run"
    paths = checkpoints(folder)
    assert [path.stem for path in paths][:1] == ([] if kept is None else [f"step-{kept:08}"])
    be_server(*words, "resume=auto")
    folder.rename(tmp_path / "stopped")
    be_server(*words)
    assert torch.equal(parameters(folder), parameters(tmp_path / "stopped"))


def test_a_run_that_diverges_ends_with_a_code_of_its_own(be_server, small, tmp_path, capsys):
    with pytest.raises(BrokenOff) as end:
        be_server(*small, "steps=9", "optimizer.lr=1e30", "divergence.steps=2")
    assert end.value.code == DIVERGED
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["error"] == str(end.value)
    assert summary["error"].startswith("2 divergent steps since step 1: 10 of 10 gradients not")
    for words in ("lower optimizer.lr=1e+30", "divergence.action=warn"):
        assert words in summary["error"]
    assert [line["not_finite"] for line in lines(tmp_path / "run")] == [0, 10, 10]
    assert (summary["gradients_not_finite"], summary["steps_divergent"]) == (20, 2)
    said = capsys.readouterr().out
    assert said.count("step 1: WARNING: training diverges: 10 of 10 gradients not finite") == 1


def test_a_run_that_diverges_goes_on_if_it_is_told_to(be_server, small, capsys):
    words = ("optimizer.lr=1e30", "divergence.action=warn", "divergence.steps=2", "steps=5")
    folder = be_server(*small, *words)
    assert json.loads((folder / "summary.json").read_text())["finished"]
    said = [line for line in capsys.readouterr().out.splitlines() if "WARNING: " in line]
    assert len(said) == 2
    assert said[1].startswith("step 2: WARNING: 2 divergent steps since step 1")


def test_an_exception_of_the_server_leaves_its_traceback(be_server, small, tmp_path):
    with pytest.raises(BrokenOff) as end:
        be_server(
            *small, "aggregator=foreign", "+aggregator.rule._partial_=true",
            "aggregator.rule._target_=torch.linalg.inv",
        )  # fmt: skip
    log = tmp_path / "run" / "rank-0.log"
    assert str(end.value).endswith(f"; its traceback is in {log}")
    assert "Traceback" in log.read_text()
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["error"] == str(end.value)
    assert not (tmp_path / "run" / "model.pt").exists(), "no update was made"


def test_a_folder_that_was_taken_meanwhile_is_refused(be_server, small, monkeypatch, tmp_path):
    """Of two runs that both found it empty, the second to write its configuration."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("of the other\n")
    checked = []

    def check(run, *resume):
        checked.append(run)
        if len(checked) > 1:
            check_folder(run, *resume)

    monkeypatch.setattr(recorder, "check_folder", check)
    with pytest.raises(ValueError, match=r"already holds config.yaml; choose another run.name"):
        be_server(*small)
    assert (tmp_path / "run" / "config.yaml").read_text() == "of the other\n"


def test_ranks_that_may_not_join_leave_no_folder(be_server, small, tmp_path):
    with pytest.raises(BrokenOff, match="another configuration"):
        be_server(*small, refusal=RanksMissing("rank 1 runs another configuration"))
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
