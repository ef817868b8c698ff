"""Starting ranks: a port that can be used, the exit code of the job."""

import logging
import os
import signal
import socket

import pytest

from robusttrain.comm import torchrun
from robusttrain.comm.torchrun import check_port, start_ranks


def test_a_port_that_is_free_is_accepted():
    check_port(0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    check_port(port)


@pytest.mark.parametrize("port", ["taken", 70000, -1])
def test_a_port_that_cannot_be_used_is_refused_with_a_remedy(port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1] if port == "taken" else port
        with pytest.raises(ValueError, match=rf"^runtime.port={port} cannot .* or 0 for any that"):
            check_port(port)


@pytest.mark.parametrize("code", [0, 3])
def test_each_rank_is_told_which_one_it_is_and_a_failure_is_the_jobs(
    tmp_path, monkeypatch, caplog, code
):
    """Ranks of a script that does not import torch. The launcher adds nothing to what it says."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    script = tmp_path / "rank.py"
    script.write_text(
        "import os, sys, pathlib\n"
        "names = 'RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'LOCAL_WORLD_SIZE', 'OMP_NUM_THREADS'\n"
        "said = ' '.join([*(os.environ[name] for name in names), *sys.argv[2:]])\n"
        "pathlib.Path(sys.argv[1], os.environ['RANK']).write_text(said)\n"
        f"sys.exit({code} * (os.environ['RANK'] == '0'))\n"
    )
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert start_ranks(str(script), [str(tmp_path / "out"), "a b"], ranks=1, port=0) == code
    told = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    if code == 0:
        assert told == {"0": "0 0 2 2 1 a b", "1": "1 1 2 2 1 a b"}
    assert told["0"] == "0 0 2 2 1 a b"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_sent_to_all_ranks_once_and_their_end_is_waited_for(
    tmp_path, monkeypatch, signals, number
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    script = tmp_path / "rank.py"
    script.write_text(
        "import os, pathlib, signal, sys, time\n"
        "path = pathlib.Path(sys.argv[1], os.environ['RANK'])\n"
        "def hear(number, frame): path.write_text(str(number)); sys.exit(3)\n"
        f"for number in (2, 10, 15): signal.signal(number, hear)\n"
        "if os.environ['RANK'] == '0':\n"
        "    while not path.with_name('1').exists(): time.sleep(0.01)\n"
        f"    os.kill(os.getppid(), {number}); time.sleep(0.2); os.kill(os.getppid(), {number})\n"
        "path.touch(); time.sleep(60)\n"
    )
    assert start_ranks(str(script), [str(tmp_path)], ranks=1, port=0) == 128 + number
    assert [(tmp_path / rank).read_text() for rank in "01"] == [str(int(number))] * 2


def test_a_second_sigint_ends_what_is_left_of_the_run(monkeypatch, signals):
    ended, clock = [], [100.0]
    monkeypatch.setattr(torchrun, "end_processes", ended.append)
    monkeypatch.setattr(torchrun.time, "monotonic", lambda: clock[0])
    with torchrun.signals_stop("run"):
        with pytest.raises(torchrun.SignalException):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)  # the same, sent twice
        clock[0] += 1
        signal.raise_signal(signal.SIGTERM)
        assert ended == []
        signal.raise_signal(signal.SIGINT)
        assert ended == ["run"]
