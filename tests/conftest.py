"""What tests share: a composed configuration, and whole runs on real ranks."""

import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from hypothesis import settings
from omegaconf import DictConfig
from simulation import Simulated, run_simulated
from support import PATIENCE, PUBLIC, ROOT, SMALL, Run
from warm import Warm

from robusttrain.config.recipe import recipe
from robusttrain.ops import gram, sorting
from robusttrain.protocol.schedule import Schedule, on_time

torch.set_num_threads(1)  # tests run side by side, and ranks have one thread too
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The limit of each test grows with PATIENCE, unless --timeout says what it is."""
    if config.option.timeout is None:
        config.option.timeout = PATIENCE * float(config.getini("timeout"))


@pytest.fixture
def configure():
    """configure(*overrides) -> the composed configuration; the server's draws repeat."""

    def composed(*overrides: str) -> DictConfig:
        with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
            return compose("train", [PUBLIC, *overrides])

    return composed


@pytest.fixture
def compiled_loops(monkeypatch):
    """Blocks of any size go the way of large ones."""
    monkeypatch.setattr(gram, "LARGE", 0)
    monkeypatch.setattr(sorting, "LARGE", 0)


@pytest.fixture(scope="session")
def warm():
    """Runs commands of Python, and real ranks, without the time that their imports take."""
    process = Warm()
    yield process
    process.close()


@pytest.fixture
def train(warm, tmp_path):
    """train(*overrides, ranks=W) -> Run, on real ranks that torchrun starts."""

    def start(*overrides: str, ranks: int = 1, name: str = "run", code: int = 0) -> Run:
        command = [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", str(ranks + 1), str(ROOT / "launch" / "train.py")),
            PUBLIC,
            *overrides,
            f"run.root={tmp_path}",
            f"run.name={name}",
        ]
        done = warm.call(command, tmp_path)
        output = done.stdout + done.stderr
        assert done.returncode == code, output
        return Run(done.returncode, output, tmp_path / name)

    return start


@pytest.fixture
def simulated(configure):
    """simulated(*overrides, ranks=W, schedule=...) -> Simulated: a whole run in this process.

    Other arguments are those of `simulate`.
    """

    def run(
        *overrides: str, ranks: int = 1, schedule: Schedule = on_time, **more: Any
    ) -> Simulated:
        checked = recipe(configure(*overrides), ranks)
        return run_simulated(checked, ranks, schedule, **more)

    return run


@pytest.fixture
def signals() -> Iterator[None]:
    """What a test does to signals and to the timer is undone at its end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    timer = signal.getitimer(signal.ITIMER_REAL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    signal.setitimer(signal.ITIMER_REAL, *timer)


@pytest.fixture
def small() -> tuple[str, ...]:
    """Overrides for a run of 5 workers and 10 tasks that takes three honest steps."""
    return SMALL
