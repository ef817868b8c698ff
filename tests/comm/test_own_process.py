"""Own process: real signals, in processes of their own."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import PATIENCE, ROOT, environment, wait_for

CODE = """
import sys, types
sys.path.insert(0, {root!r})
sys.modules["robusttrain.comm.buffered"] = types.SimpleNamespace(Buffered=())
sys.modules["robusttrain.comm.link"] = types.SimpleNamespace(Link=object)
from robusttrain.comm.own_process import OwnProcess
print("here", flush=True)
OwnProcess(None).{call}
print("there", flush=True)
"""


@pytest.fixture
def process():
    """process(call) -> a process without torch that does `call` to itself."""
    started = []

    def start(call):
        code = CODE.format(root=str(ROOT), call=call)
        command = [sys.executable, "-c", code]
        started.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
        )
        assert started[-1].stdout.readline() == "here\n"
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()
        one.stdout.close()


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize(("call", "code"), [("kill()", -signal.SIGKILL), ("exit()", 1)])
def test_it_ends(process, call, code):
    ends = process(call)
    assert ends.wait(60 * PATIENCE) == code
    assert ends.stdout.read() == ""


def test_it_goes_on_after_its_seconds_and_nothing_is_left(process):
    stopped, start = process("stop(.2)"), time.monotonic()
    assert stopped.wait(60 * PATIENCE) == 0
    assert stopped.stdout.read() == "there\n"
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("seconds", [None, 60 * PATIENCE])
def test_it_is_stopped_until_somebody_wakes_it(process, seconds):
    stopped = process(f"stop({seconds})")
    wait_for(lambda: state(stopped.pid) == "T")
    wakers = children(stopped.pid)
    assert len(wakers) == (seconds is not None)
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(30 * PATIENCE) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in wakers)


def test_what_would_wake_it_ends_with_it(process):
    stopped = process(f"stop({60 * PATIENCE})")
    wait_for(lambda: state(stopped.pid) == "T")
    (waker,) = children(stopped.pid)
    stopped.kill()
    stopped.wait(30 * PATIENCE)
    wait_for(lambda: not Path(f"/proc/{waker}").exists() or state(waker) == "Z")
