"""Processes, and ports, that are found."""

import os
import subprocess
import sys

from support import wait_for

from robusttrain.study.survival.processes import children, free_port, is_taken, launch, writing

LISTENS = (
    "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); "
    "print(flush=True); input()"
)


def test_a_process_is_found_by_the_file_it_writes_to_and_so_is_its_port(tmp_path):
    log, port = tmp_path / "log", free_port()
    assert (writing(log), is_taken(port)) == ([], False)
    with log.open("w") as file, subprocess.Popen(
        [sys.executable, "-c", LISTENS, str(port)], stdin=subprocess.PIPE, stdout=file
    ) as process:  # fmt: skip
        assert writing(log) == [process.pid]
        assert process.pid in children(os.getpid())
        wait_for(lambda: log.read_text())
        assert is_taken(port)
        process.communicate(b"\n")
    assert (writing(log), is_taken(port)) == ([], False)


def test_a_process_has_one_thread_and_no_rank_of_a_launcher(tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "3")
    said = "import os; print(os.environ.get('RANK'), os.environ['OMP_NUM_THREADS'])"
    log = tmp_path / "log"
    log.write_text("before\n")
    assert launch([sys.executable, "-c", said], log).wait(60) == 0
    assert log.read_text() == "before\nNone 1\n"
