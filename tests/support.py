"""Helpers that tests import: where things are, a small run, and what a run left behind."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

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


def members(stage: str) -> list[Path]:
    """Every choice of a stage: its YAML files."""
    return sorted((ROOT / "configs" / stage).glob("*.yaml"))


def component(path: Path, **more: Any) -> Any:
    """What a stage's YAML describes, with the defaults of train.yaml around it."""
    root = OmegaConf.load(ROOT / "configs" / "train.yaml")
    root.part = OmegaConf.load(path)
    OmegaConf.resolve(root.part)
    part = root.part if "_target_" in root.part else root.part[path.stem]
    return instantiate(part, _convert_="all", **more)
