"""`rt.train`: from a notebook, twice in one process, and as a rank of torchrun."""

import json
import re
import socket
import sys

import pytest
from support import SMALL, call

import robusttrain as rt
from robusttrain.run import train as module
from robusttrain.run.train import outcome, quoted

ONE = (*SMALL, "steps=1", "runtime.ranks=1")


@pytest.mark.ranks
def test_it_runs_twice_in_an_interpreter_and_leaves_it_as_it_was(warm, tmp_path):
    """The first run breaks off: its cause is raised, and the next one is none the worse for it."""
    broken = (
        *ONE, "run.name=first", "aggregator=foreign", "aggregator.rule=torch.linalg.inv",
    )  # fmt: skip
    code = (
        "import json, os, signal, robusttrain as rt\n"
        "del os.environ['OMP_NUM_THREADS']\n"
        "handlers = lambda: [signal.getsignal(s) for s in (2, 15)]\n"
        "names = lambda: {k for k in os.environ if not k.startswith(('TORCHINDUCTOR', 'KMP_'))}\n"
        "before = handlers(), names()\n"
        f"try: rt.train(*{broken!r})\n"
        "except RuntimeError as error: print('CAUSE', error)\n\n"
        f"print('SUMMARY', json.dumps(rt.train(*{ONE!r})))\n"
        "print('SAME', (handlers(), names()) == before)\n"
    )
    done = warm.call([sys.executable, "-i"], tmp_path, text=code)
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert said.get("SAME") == "True", done.stderr
    assert re.search(r"runs/first broke off: .*linalg_inv on vectors .* raised", said["CAUSE"])
    summary = json.loads(said["SUMMARY"])
    assert json.loads((tmp_path / summary["folder"] / "summary.json").read_text()) == summary
    assert summary["finished"]
    assert re.fullmatch(r"digits_aspis-\d{8}-\d{6}", summary["name"])


@pytest.mark.ranks
def test_under_torchrun_it_is_a_rank_once(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import robusttrain as rt\n"
        f"words = {ONE!r}\n"
        "summary = rt.train(*words)\n"
        "try:\n    rt.train(*words)\n"
        "except ValueError as error:\n    print('SAID', summary.get('finished'), error)\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = call([*command, str(script)], tmp_path)
    assert done.returncode == 0, done.stderr
    said = sorted(line for line in done.stdout.splitlines() if line.startswith("SAID"))
    assert [line.split()[1] for line in said] == ["None", "True"]
    assert all("has trained already" in line for line in said)


def test_a_port_that_is_taken_is_refused_before_a_process_starts(tmp_path, monkeypatch):
    from robusttrain.comm import torchrun

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torchrun, "start_ranks", lambda *_: pytest.fail("ranks were started"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"runtime.port={port} cannot be used"):
            rt.train(*ONE, f"runtime.port={port}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "says"),
    [("pre=[]", "preaggregator=\\[\\]"), ("batch=7", "batch=7 must"), ("-m", "option"),
     ("detector=psychic", "psychic"), ("run.root=/proc/none", "cannot be written"),
     ("optimizer.lr=-1", "learning rate"), ("run.name=''", "must not be empty")],
)  # fmt: skip
def test_bad_input_is_refused_before_a_process_starts(word, says, tmp_path, monkeypatch):
    from robusttrain.comm import torchrun

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torchrun, "start_ranks", lambda *_: pytest.fail("ranks were started"))
    with pytest.raises(ValueError, match=says):
        rt.train(*ONE, word)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_never_began_leaves_no_folder(tmp_path, monkeypatch):
    from robusttrain.comm import torchrun

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torchrun, "start_ranks", lambda *_: 1)
    with pytest.raises(RuntimeError, match=r"before the first step \(exit code 1\)"):
        rt.train(*ONE)
    assert list((tmp_path / "runs").iterdir()) == []
    monkeypatch.setattr(torchrun, "start_ranks", lambda *_: 130)
    with pytest.raises(KeyboardInterrupt):
        rt.train(*ONE)


def test_a_broken_run_is_told_by_its_summary(tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps({"finished": False, "error": "E: why"}))
    with pytest.raises(RuntimeError, match="broke off: E: why"):
        outcome(tmp_path, 0)


@pytest.mark.parametrize(
    ("code", "raises", "says"),
    [(3, RuntimeError, "the run in .*/a broke off: why"), (143, SystemExit, "143")],
)
def test_a_rank_of_torchrun_raises_the_cause_and_leaves_as_it_was_told(
    tmp_path, monkeypatch, code, raises, says
):
    from robusttrain.run import agree, rank
    from robusttrain.run.ending import BrokenOff

    def end(checked):
        folder = tmp_path / "a"
        folder.mkdir()
        (folder / "summary.json").write_text(json.dumps({"finished": False, "error": "why"}))
        raise BrokenOff("why", code)

    monkeypatch.setattr(module, "TRAINED", [])
    monkeypatch.setattr(agree, "agree", lambda check: check())
    monkeypatch.setattr(rank, "run_rank", end)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(raises, match=says):
        rt.train(*SMALL, f"run.root={tmp_path}", "run.name=a")


@pytest.mark.parametrize("text", ["plain", "a b", "it's", "a\\b", "a\\'b", "x=1,2"])
def test_a_quoted_value_is_taken_literally(text):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    (override,) = OverridesParser.create().parse_overrides([f"run.name={quoted(text)}"])
    assert override.value() == text


def test_module_keeps_no_run_outside_torchrun():
    assert module.TRAINED == []
