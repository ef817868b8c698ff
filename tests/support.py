"""Helpers that tests import: where things are, a small run, and what a run left behind."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

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
