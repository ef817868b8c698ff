"""Processes of a run: told apart by their environment, and ended."""

import os
import signal
import subprocess
import sys

from robusttrain.comm.processes import end_processes, processes


def test_processes_of_a_run_are_told_apart_and_killed_if_they_stay(tmp_path):
    code = "import signal, time; signal.signal(2, 1); print('set', flush=True); time.sleep(60)"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                         env=os.environ | {"TORCHELASTIC_RUN_ID": f"{tmp_path}{run}"})
        for run in ("a", "b")
    ]  # fmt: skip
    for process in started:
        process.stdout.readline()
    assert processes(f"{tmp_path}a") == [started[0].pid]
    end_processes(f"{tmp_path}a")
    assert started[0].wait(10) == -signal.SIGKILL
    assert started[1].poll() is None
    started[1].kill()
    started[1].wait()
    end_processes(f"{tmp_path}b")
