"""Supervision, with processes that never import torch: ends are told, signals passed on."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import PATIENCE, ROOT, ended, environment, wait_for

from robusttrain.comm import supervisor

START = "import os, signal, sys, time\nfrom robusttrain.comm import supervisor\n"
RANK = START + "supervisor.GRACE = 0.2\nsupervisor.supervise()\nprint('pid', os.getpid())\n"
BURY = "bury = lambda *words: print('buried', *words)\n"
RANK_0 = START + BURY + "supervisor.supervise_server(bury)\nprint('pid', os.getpid())\n"
SERVER = START + (
    "supervisor.announce_server()\nprint('ready')\n"
    "connection = supervisor.SOCKETS[0].accept()\nprint('connected')\n"
)
SLEEP = "sys.stdout.flush()\nwhile True: time.sleep(1)\n"
DEAF = "for number in (2, 10, 15): signal.signal(number, signal.SIG_IGN)\n"


@pytest.fixture
def start(tmp_path):
    """start(code) -> (the process that runs it as rank 7 of a job of its own, its output file)."""
    processes = []
    job = {"RANK": "7", "MASTER_PORT": "1", "TORCHELASTIC_RUN_ID": str(tmp_path)}

    def run(code: str) -> tuple[subprocess.Popen, Path]:
        path = tmp_path / f"output{len(processes)}"
        with path.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-u", "-c", code], cwd=ROOT, env=environment() | job,
                stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        processes.append(process)
        return process, path

    yield run
    for process in processes:
        process.kill()
        process.wait()


def said(path: Path, pattern: str) -> str:
    """What the pattern's group matches in a process's output, once it does."""
    wait_for(lambda: re.search(pattern, path.read_text()))
    return re.search(pattern, path.read_text())[1]


@pytest.mark.parametrize(
    ("end", "how"),
    [("", None), ("sys.exit(3)", "failed (3)"),
     ("os.kill(os.getpid(), 9)", "was killed by SIGKILL")],
)  # fmt: skip
def test_the_launcher_sees_success_and_the_reader_how_the_rank_ended(start, end, how):
    process, path = start(RANK + end)
    assert process.wait(100 * PATIENCE) == 0
    lines = [] if how is None else [f"rank 7 {how}; the server goes on without it"]
    assert path.read_text().splitlines()[1:] == lines


@pytest.mark.parametrize("number", supervisor.PASSED)
def test_a_signal_is_passed_on_and_no_failure_is_told(start, number):
    heard = f"signal.signal({int(number)}, lambda n, _: (print('heard', n), sys.exit(5)))\n"
    process, path = start(RANK + heard + "print('set x')\n" + SLEEP)
    said(path, "set (x)")
    process.send_signal(number)
    assert process.wait(100 * PATIENCE) == 0
    assert path.read_text().splitlines()[2:] == [f"heard {int(number)}"]


def test_a_rank_that_ignores_the_signal_is_killed(start):
    process, path = start(RANK + DEAF + "print('set x')\n" + SLEEP)
    said(path, "set (x)")
    process.terminate()
    assert process.wait(100 * PATIENCE) == 0
    assert ended(int(said(path, r"pid (\d+)")))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_rank_that_hangs_is_killed_once_the_server_has_ended(start, number):
    """Nobody sends it or its supervisor a signal."""
    server, server_path = start(SERVER + SLEEP)
    said(server_path, "(ready)")
    process, path = start(RANK + SLEEP)
    pid = int(said(path, r"pid (\d+)"))
    said(server_path, "(connected)")
    os.kill(pid, signal.SIGSTOP)
    assert process.poll() is None
    server.send_signal(number)
    assert process.wait(100 * PATIENCE) == 0
    assert ended(pid)


@pytest.mark.parametrize(("end", "code"), [("", 0), ("sys.exit(3)", 3)])
def test_a_server_that_ends_by_itself_gives_its_code_to_the_launcher(start, end, code):
    process, path = start(RANK_0 + "supervisor.tell_supervisor('runs/a')\n" + end)
    assert process.wait(100 * PATIENCE) == code
    assert "buried" not in path.read_text()


@pytest.mark.parametrize("place", ["runs/a", ""])
def test_a_server_that_is_killed_is_buried_with_what_it_said_last(start, place):
    """Also while a process that it started lives on, and keeps its end of the pipe."""
    orphan = "if os.fork() == 0: time.sleep(5); os._exit(0)\n"
    tell = f"supervisor.tell_supervisor({place!r})\n" if place else ""
    process, path = start(RANK_0 + tell + orphan + "os.kill(os.getpid(), 9)\n")
    assert process.wait(100 * PATIENCE) == 128 + signal.SIGKILL
    assert path.read_text().splitlines()[1:] == [f"buried the server was killed by SIGKILL {place}"]


@pytest.mark.parametrize("number", supervisor.PASSED)
def test_a_signal_is_passed_on_to_the_server(start, number):
    """One that it does not handle yet is no death to explain."""
    heard = f"signal.signal({int(number)}, lambda n, _: sys.exit(5))\n"
    for handler, code in ((heard, 5), (f"signal.signal({int(number)}, 0)\n", 128 + number)):
        process, path = start(RANK_0 + handler + "print('set x')\n" + SLEEP)
        said(path, "set (x)")
        process.send_signal(number)
        assert process.wait(100 * PATIENCE) == code
        assert "buried" not in path.read_text()


@pytest.mark.parametrize(
    ("writes", "code", "last"),
    [(SLEEP, 138, "buried stopped by SIGUSR1; the server was killed by SIGKILL runs/a"),
     ("supervisor.tell_supervisor('ending'); time.sleep(1); print('written')", 0, "written")],
)  # fmt: skip
def test_a_server_that_does_not_end_is_killed_later_if_it_writes(start, writes, code, last):
    begin = RANK_0.replace("supervisor.supervise", "supervisor.GRACE = 0.2\nsupervisor.supervise")
    tell = "supervisor.tell_supervisor('runs/a')\nprint('set x')\nsys.stdout.flush()\n"
    process, path = start(begin + DEAF + tell + writes)
    said(path, "set (x)")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(100 * PATIENCE) == code
    assert path.read_text().splitlines()[-1] == last


@pytest.mark.parametrize("begin", [RANK, RANK_0])
def test_a_second_sigint_is_not_waited_for_unless_it_is_the_first_sent_twice(start, begin):
    process, path = start(
        begin.replace("GRACE = 0.2", "GRACE = 50") + DEAF + "print('set x')\n" + SLEEP
    )
    pid = int(said(path, r"pid (\d+)"))
    said(path, "set (x)")
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2 * supervisor.AGAIN)
    process.send_signal(signal.SIGINT)
    assert process.wait(5 * PATIENCE) == (0 if begin == RANK else 130)
    assert ended(pid)
    buried = "buried stopped by SIGINT; the server was killed by SIGKILL "
    assert path.read_text().splitlines()[2:] == ([] if begin == RANK else [buried])


def test_a_server_ends_with_the_launcher_and_that_is_told(start):
    launched = "supervisor.die_with_parent(signal.SIGHUP)\n" + RANK_0.removeprefix(START)
    code = START + f"if os.fork() == 0:\n exec({launched + SLEEP!r})\n" + SLEEP
    process, path = start(code)
    pid = int(said(path, r"pid (\d+)"))
    process.kill()
    said(path, "buried (the server was killed when its launcher had ended) ")
    wait_for(lambda: ended(pid))


def test_a_server_announces_itself_and_dies_with_its_supervisor(start):
    server, server_path = start(
        RANK_0 + "supervisor.SOCKETS[0].accept()\nprint('connected')\n" + SLEEP
    )
    pid = int(said(server_path, r"pid (\d+)"))
    process, path = start(RANK + SLEEP)
    worker = int(said(path, r"pid (\d+)"))
    said(server_path, "(connected)")
    server.kill()
    wait_for(lambda: ended(pid))
    assert process.wait(100 * PATIENCE) == 0
    assert ended(worker)
    assert "goes on without it" not in path.read_text()


def test_a_rank_dies_with_its_supervisor(start):
    process, path = start(RANK + SLEEP)
    pid = int(said(path, r"pid (\d+)"))
    process.kill()
    wait_for(lambda: ended(pid))


def test_it_ends_at_once_with_0_and_all_output(start):
    code = (
        "import atexit; sys.stdout = open(1, 'w', closefd=False)\n"  # buffered
        "atexit.register(print, 'late'); print('said'); supervisor.leave()"
    )
    process, path = start(START + code)
    assert process.wait(100 * PATIENCE) == 0
    assert path.read_text() == "said\n"


def test_jobs_and_users_have_sockets_of_their_own(monkeypatch):
    monkeypatch.setenv("MASTER_PORT", "1")
    names = set()
    for job in ("a", "b"):
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", job)
        names.add(supervisor.socket_name())
    assert len(names) == 2
    assert all(name.startswith(f"\0robusttrain-{os.getuid()}-1-") for name in names)
    assert supervisor.connect_to_server() is None


def test_a_signal_to_a_child_that_has_just_ended_is_none():
    """A supervisor can be told to stop between the end of its rank and its own."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(100 * PATIENCE)
    supervisor.killing(child.pid)(signal.SIGALRM, None)


def test_it_is_light():
    code = START + "print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True
    )
    assert done.returncode == 0
    assert not {b"torch", b"numpy"} & set(done.stdout.split())
