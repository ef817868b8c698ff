"""What tests share: a checked recipe in this process, and whole runs on real ranks."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

ROOT = Path(__file__).parent.parent
SMALL = (
    "workers=5",
    "batch=100",
    "steps=3",
    "threat.byzantine=0",
    "defense.byzantine=1",
    "aggregator=mean",
    "pre=[]",
)


@dataclass
class Run:
    """A finished process: its exit code, what it printed, and the folder it left."""

    code: int
    output: str
    folder: Path

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text())

    @property
    def metrics(self) -> list[dict[str, Any]]:
        lines = (self.folder / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    @property
    def parameters(self) -> torch.Tensor:
        state = torch.load(self.folder / "model.pt", weights_only=True)
        return torch.cat([tensor.flatten() for tensor in state.values()])


def environment() -> dict[str, str]:
    """This process's variables without those that a launcher sets."""
    dropped = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
    return {k: v for k, v in os.environ.items() if k not in dropped} | {"OMP_NUM_THREADS": "1"}


@pytest.fixture
def configure():
    """configure(*overrides) -> the composed configuration."""

    def composed(*overrides: str) -> DictConfig:
        with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
            return compose("train", list(overrides))

    return composed


@pytest.fixture
def train(tmp_path):
    """train(*overrides, ranks=W) -> Run, on real ranks that torchrun starts."""

    def start(*overrides: str, ranks: int = 2, name: str = "run", code: int = 0) -> Run:
        command = [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", str(ranks + 1), str(ROOT / "launch" / "train.py")),
            *overrides,
            f"run.root={tmp_path}",
            f"run.name={name}",
        ]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=150
        )
        output = done.stdout + done.stderr
        assert done.returncode == code, output
        return Run(done.returncode, output, tmp_path / name)

    return start


@pytest.fixture
def small() -> tuple[str, ...]:
    """Overrides for a run of 5 workers and 10 tasks that takes three honest steps."""
    return SMALL
