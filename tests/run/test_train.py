"""`rt.train`: from a notebook, twice in one process, and as a rank of torchrun."""

import json
import subprocess
import sys

import pytest
import torch
from support import SMALL, environment

import robusttrain as rt
from robusttrain.run import train as module
from robusttrain.run.train import outcome, quoted

ONE = (*SMALL, "steps=1", "runtime.ranks=1")


@pytest.fixture
def session(tmp_path):
    """session(code) -> what it printed, the code being typed into an interpreter."""

    def call(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-i"], input=code, cwd=tmp_path, env=environment(),
            capture_output=True, text=True, timeout=150,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    return call


@pytest.mark.ranks
def test_it_runs_twice_in_an_interpreter_and_leaves_it_as_it_was(session, tmp_path):
    printed = session(
        "import os, signal, robusttrain as rt\n"
        "assert '__file__' not in globals()\n"
        "del os.environ['OMP_NUM_THREADS']\n"
        "handlers = lambda: [signal.getsignal(s) for s in (2, 15)]\n"
        "names = lambda: {k for k in os.environ if not k.startswith('TORCHINDUCTOR')}\n"
        f"before, words = (handlers(), names()), {ONE!r}\n"
        "runs = [rt.train(*words), rt.train(*words, 'run.name=second')]\n"
        "assert (handlers(), names()) == before\n"
        "import json; print('SUMMARIES ' + json.dumps(runs))\n"
    )
    (line,) = (line for line in printed.splitlines() if line.startswith("SUMMARIES "))
    first, second = json.loads(line.removeprefix("SUMMARIES "))
    for run in (first, second):
        assert json.loads((tmp_path / run["folder"] / "summary.json").read_text()) == run
        assert run["finished"]
    assert first["name"].startswith("digits_aspis-")
    assert second["folder"] == "runs/second"
    states = [torch.load(tmp_path / run["folder"] / "model.pt") for run in (first, second)]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.ranks
def test_a_run_that_breaks_off_raises_with_the_cause(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rule = ("aggregator.rule._target_=torch.linalg.inv", "+aggregator.rule._partial_=true")
    with pytest.raises(RuntimeError, match=r"broke off: .*linalg_inv on vectors .* raised"):
        rt.train(*ONE, "aggregator=foreign", *rule)


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
    done = subprocess.run(
        [*command, str(script)], cwd=tmp_path, env=environment(), capture_output=True, text=True,
        timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = sorted(line for line in done.stdout.splitlines() if line.startswith("SAID"))
    assert [line.split()[1] for line in said] == ["None", "True"]
    assert all("has trained already" in line for line in said)


@pytest.mark.parametrize(
    ("word", "says"),
    [("pre=[]", "preaggregator=\\[\\]"), ("batch=7", "batch=7 must"), ("-m", "option"),
     ("detector=psychic", "psychic"), ("run.root=/proc/none", "cannot be written"),
     ("optimizer.lr=-1", "learning rate"), ("run.name=''", "must be text")],
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


@pytest.mark.parametrize("text", ["plain", "a b", "it's", "a\\b", "a\\'b", "x=1,2"])
def test_a_quoted_value_is_taken_literally(text):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    (override,) = OverridesParser.create().parse_overrides([f"run.name={quoted(text)}"])
    assert override.value() == text


def test_module_keeps_no_run_outside_torchrun():
    assert module.TRAINED == []
