"""Helpers that tests import: where things are, a small run, and what a run left behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from robusttrain.types import NOBODY, SILENT, Claims, Hearing, Plan

ROOT = Path(__file__).parent.parent
SMALL = (
    "workers=5",
    "batch=100",
    "steps=3",
    "threat.byzantine=0",
    "defense.byzantine=1",
    "aggregator=mean",
    "preaggregator=[]",
)
PUBLIC = "defense.secret=0"  # the server draws the same in every run
PATIENCE = float(os.environ.get("ROBUSTTRAIN_TEST_PATIENCE", "1"))


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


def call(
    command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """The finished process, with its output as text."""
    return subprocess.run(
        command, cwd=cwd, env=env or environment(), capture_output=True, text=True,
        timeout=150 * PATIENCE, **more,
    )  # fmt: skip


def install_wheel(site: Path) -> None:
    """Build the project's wheel and install it, without what it needs, into the folder `site`."""
    out = site / "wheel"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, "--target", str(site), str(wheel)], check=True)


def wait_for(condition: Callable[[], object], seconds: float = 100.0) -> None:
    """Wait until `condition` holds; after `seconds` times PATIENCE it is a failure."""
    until = time.monotonic() + seconds * PATIENCE
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def ended(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet has, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def members(stage: str) -> list[Path]:
    """Every choice of a stage: its YAML files."""
    return sorted((ROOT / "configs" / stage).glob("*.yaml"))


def component(path: Path, **more: Any) -> Any:
    """What a stage's YAML describes, with the defaults of train.yaml around it."""
    return instantiate(described(path), _convert_="all", **more)


@cache
def described(path: Path) -> DictConfig:
    """A stage's YAML, composed by Hydra, its interpolations resolved in train.yaml."""
    stage, name = path.parent.name, path.stem
    root = OmegaConf.load(ROOT / "configs" / "train.yaml")
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        root[stage] = compose(f"{stage}/{name}")[stage]
    OmegaConf.resolve(root[stage])
    return root[stage] if "_target_" in root[stage] else root[stage][name]


def plan_of(
    teams: np.ndarray,
    workers: int | None = None,
    step: int = 0,
    shadows: Sequence[tuple[int, int]] = (),
    evicted: Iterable[int] = (),
) -> Plan:
    """A plan of tasks with one sample each; `workers` None: as many as the teams name."""
    teams = np.asarray(teams)
    tasks, workers = len(teams), int(teams.max()) + 1 if workers is None else workers
    extra = np.array(shadows, dtype=np.int64).reshape(-1, 2)
    samples, seeds = np.zeros((tasks, 1), int), np.zeros(tasks, int)
    return Plan(step, workers, samples, seeds, teams, extra, frozenset(evicted))


def claims_of(plan: Plan, said: np.ndarray, shadows: Sequence[int] = ()) -> Claims:
    """Claims from what each slot said, said [f, r] int, and each shadow copy; < 0: nothing."""
    said = np.broadcast_to(np.asarray(said), plan.teams.shape)
    words = np.array(shadows, dtype=np.int64)
    first = (said[:, :, None] == said[:, None, :]).argmax(axis=2)
    same = said[plan.shadows[:, 1]] == words[:, None]
    match = np.where(same.any(axis=1), same.argmax(axis=1), NOBODY)
    return Claims(plan, np.where(said < 0, SILENT, first), np.where(words < 0, SILENT, match))


def told(teams: np.ndarray, workers: int, liars: Iterable[int], target: Any) -> np.ndarray:
    """said [f, r] int: the honest say 0, the liars 1 of their targets."""
    lie = np.isin(np.arange(workers), list(liars))
    return (lie[teams] & target.tasks(teams, lie)[:, None]).astype(int)


class Truth:
    """Recomputes: the truth is what 0 stands for in said [f, r]. Notes which tasks are asked."""

    def __init__(self, said: np.ndarray) -> None:
        self.said, self.asked = said, list[int]()

    def __call__(self, tasks: np.ndarray) -> np.ndarray:
        self.asked.extend(tasks.tolist())
        same = self.said[tasks] == 0
        return np.where(same.any(axis=1), same.argmax(axis=1), NOBODY)


def hearing_of(
    plan: Plan, said: np.ndarray, byzantine: int, seed: int = 0, shadows: Sequence[int] = ()
) -> Hearing:
    """A hearing, from what is said [f, r] int: 0 the truth, 1, 2, ... lies, < 0 nothing."""
    said = np.asarray(said)
    rng = np.random.default_rng(seed)
    return Hearing(plan, claims_of(plan, said, shadows), byzantine, Truth(said), rng)
