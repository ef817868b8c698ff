"""Starts one server rank and the worker ranks on this machine, as torchrun would."""

import logging
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from robusttrain.comm.processes import end_processes
from robusttrain.comm.supervisor import AGAIN, PASSED

CHECKED = "ROBUSTTRAIN_CHECKED"
"""Set for ranks whose parent has checked their configuration and tried a step."""


def check_port(port: int) -> None:
    """Raise ValueError if `port` is taken (0 stands for any free port)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise ValueError(
                f"runtime.port={port} cannot be used ({error}); choose another port, or 0 for "
                "any that is free"
            ) from error


def start_ranks(script: str, arguments: list[str], ranks: int, port: int) -> int:
    """Run `python script arguments` as ranks 0..ranks; returns the exit code of the job.

    If this process is told to stop (SIGINT, SIGTERM, SIGUSR1), so are the ranks, it waits for their
    end, and the code is 128 plus the signal's number. A SIGINT after that ends the ranks at once.
    """
    run = uuid.uuid4().hex
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ[CHECKED] = "1"
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=ranks + 1,
        run_id=run,
        rdzv_backend="c10d",
        rdzv_endpoint=f"127.0.0.1:{port}",
        max_restarts=0,
        monitor_interval=0.2,
        signals_to_handle="SIGHUP,SIGQUIT",
    )
    try:
        with quiet(), signals_stop(run):
            elastic_launch(config, sys.executable)("-u", script, *arguments)
    except SignalException as error:
        end_processes(run)
        return 128 + error.sigval
    except ChildFailedError as error:
        return next(iter(error.failures.values())).exitcode or 1
    return 0


@contextmanager
def signals_stop(run: str) -> Iterator[None]:
    """A signal of `PASSED` raises SignalException, once; a SIGINT after it ends what is left."""
    heard: list[float] = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(time.monotonic())
        if not heard[1:]:
            raise SignalException("", signal.Signals(number))
        if number == signal.SIGINT and heard[-1] - heard[0] > AGAIN:
            end_processes(run)

    if threading.current_thread() is threading.main_thread():
        for number in PASSED:
            signal.signal(number, hear)
    yield


@contextmanager
def process_as_it_was() -> Iterator[None]:
    """Undo what starting ranks changes here: signal handlers and environment variables."""
    main = threading.current_thread() is threading.main_thread()
    numbers = (*PASSED, signal.SIGHUP, signal.SIGQUIT)
    handlers = {number: signal.getsignal(number) for number in numbers}
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
        if main:
            for number, handler in handlers.items():
                signal.signal(number, handler)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the launcher from saying that a rank failed: the server has said why."""
    names = ("multiprocessing.api", "agent.server.api")
    loggers = [logging.getLogger(f"torch.distributed.elastic.{name}") for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
