"""Forks of the warm process are as new processes: exit codes, environment, folder, signals."""

import os
import signal
import subprocess
import sys

import pytest
from support import PATIENCE, environment, wait_for


@pytest.fixture
def script(tmp_path):
    """script(text) -> the command that runs it."""

    def write(text: str) -> list[str]:
        (tmp_path / "script.py").write_text(text)
        return [sys.executable, "-u", str(tmp_path / "script.py"), "a b"]

    return write


@pytest.mark.parametrize("text", [
    "import sys; print(sys.argv[1:], __name__); sys.exit(3)",
    "raise SystemExit('a line')",
    "import os; print(os.getcwd()); 1 / 0",
    "import os; os.kill(os.getpid(), 15)",
    "import os; os.kill(os.getpid(), 2)",
    "import atexit; atexit.register(print, 'last'); print('first', end=' ')",
    "import os, other; print(other.__file__, os.environ['OF_THIS'], 'RANK' in os.environ)",
    "import sys; print(sys.path[0], sys.modules['__main__'].__file__)",
])  # fmt: skip
def test_a_fork_ends_and_says_as_a_new_process(warm, script, tmp_path, text):
    (tmp_path / "other.py").write_text("")
    env = environment() | {"PYTHONPATH": str(tmp_path), "OF_THIS": "1"}
    command = script(text)
    forked = warm.call(command, tmp_path, env)
    new = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (forked.returncode, forked.stdout) == (new.returncode, new.stdout)
    assert forked.stderr.splitlines()[-1:] == new.stderr.splitlines()[-1:]


def test_a_fork_is_sent_signals_and_has_a_session_of_its_own(warm, script, tmp_path):
    command = script("import time; print('on'); time.sleep(1000)")
    out = tmp_path / "out"
    process = warm.start(command, cwd=str(tmp_path), env=environment(), out=str(out), err=str(out))
    assert os.getsid(process.pid) == process.pid
    wait_for(lambda: "on" in out.read_text())
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(100 * PATIENCE) == -signal.SIGINT
    assert "KeyboardInterrupt" in out.read_text()
