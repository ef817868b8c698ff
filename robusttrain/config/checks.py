"""Checks of the plain numbers and switches of a configuration, each by its name."""

from importlib.metadata import version
from typing import Any

from packaging.version import Version

from robusttrain.config.keys import at_least, known
from robusttrain.values import check_whole

TORCH = "2.11"
MOST_WORKERS = 10**6


def check_numbers(cfg: dict[str, Any]) -> None:
    """Raise ValueError unless the numbers and switches outside of `runtime` are as they must be."""
    for key, least in (("workers", 1), ("steps", 1), ("seed", 0), ("evaluate_every", 1)):
        at_least(key, cfg[key], least)
    if cfg["workers"] > MOST_WORKERS:
        use = known()[0]["workers"]
        raise ValueError(f"workers={cfg['workers']} must be at most {MOST_WORKERS}; use {use}")
    defense, probation = cfg["defense"], cfg["probation"]
    check_liars(cfg["workers"], defense["byzantine"], cfg["threat"]["byzantine"])
    switches = {f"defense.{k}": defense[k] for k in ("evict", "best_effort")}
    for key, value in ({"permute": cfg["permute"]} | switches).items():
        if not isinstance(value, bool):
            raise ValueError(f"{key}={value} must be true or false")
    if defense["root_samples"] is not None:
        check_whole("defense.root_samples", defense["root_samples"], 0, use=100)
    if defense["secret"] is not None:
        at_least("defense.secret", defense["secret"], 0)
    check_divergence(**cfg["divergence"])
    at_least("checkpoint.every", cfg["checkpoint"]["every"], 0)
    at_least("checkpoint.keep", cfg["checkpoint"]["keep"], 1)
    at_least("membership.suspend_after", cfg["membership"]["suspend_after"], 1)
    at_least("audit.rank", cfg["audit"]["rank"], 0)
    at_least("probation.tasks", probation["tasks"], 1)
    if probation["clean_steps"] is not None:
        at_least("probation.clean_steps", probation["clean_steps"], 1)
        if not defense["evict"]:
            raise ValueError(
                f"probation.clean_steps={probation['clean_steps']} readmits workers that were "
                "evicted, but defense.evict=false; set defense.evict=true, or clean_steps to null"
            )


def check_divergence(steps: Any, action: Any) -> None:
    """Raise ValueError unless a run can diverge for so many steps, and this is done then."""
    at_least("divergence.steps", steps, 1)
    if action not in ("stop", "warn"):
        raise ValueError(f"divergence.action={action} must be stop or warn")


def check_versions() -> None:
    """Raise ValueError if the installed torch is too old."""
    if Version(version("torch")).release < Version(TORCH).release:
        raise ValueError(
            f"torch {version('torch')} is installed; robusttrain needs torch >= {TORCH}; "
            f"run pip install 'torch>={TORCH}'"
        )


def check_ranks(workers: int, wanted: int, world: int | None, auditor: int) -> None:
    """Raise ValueError unless each worker rank hosts a worker; `world`: what torchrun started.

    auditor: the rank that hosts none because it recomputes for the server; 0: none.
    """
    name, ranks = ("runtime.ranks", wanted) if world is None else ("torchrun's worker ranks", world)
    if not 0 <= auditor <= ranks:
        raise ValueError(
            f"audit.rank={auditor} must be one of the {ranks} worker ranks, 1..{ranks}, which then "
            "hosts no workers, or 0 for the server itself"
        )
    hosts = ranks - (auditor > 0)
    if not 1 <= hosts <= workers:
        spare = "" if not auditor else f", rank {auditor} aside, which audits"
        raise ValueError(
            f"{name}={ranks} must be between 1 and workers={workers}{spare}: a worker rank hosts "
            "at least one worker (and one more rank is the server); start fewer ranks or set "
            "more workers"
        )


def check_wandb(enabled: bool, project: str, mode: str) -> None:
    """Raise ValueError if wandb could not start as told."""
    if mode not in ("online", "offline"):
        raise ValueError(f"wandb.mode={mode} must be online or offline")


def check_root(root: int, batch: int, samples: int) -> None:
    """Raise ValueError if the server keeps so many samples that the rest is less than a batch."""
    if samples - root < batch <= samples:
        raise ValueError(
            f"defense.root_samples={root} leaves {max(0, samples - root)} of {samples} training "
            f"samples to the tasks, fewer than batch={batch}; use at most {samples - batch}, or a "
            "smaller batch"
        )


def check_batch(batch: int, tasks: int, samples: int) -> None:
    """Raise ValueError unless the batch cuts into equal tasks and the data set holds one."""
    at_least("batch", batch, 1)
    if samples < tasks:
        raise ValueError(
            f"batch={batch}: the data set has {samples} training samples, the scheme {tasks} "
            "tasks of one sample at least; use fewer workers or another assignment"
        )
    if batch % tasks == 0 and batch <= samples:
        return
    down, up = min(batch, samples) // tasks * tasks, -(-batch // tasks) * tasks
    sizes = [size for size in (down, up) if tasks <= size <= samples]
    raise ValueError(
        f"batch={batch} must be a multiple of the number of tasks, {tasks}, and at most the "
        f"{samples} training samples; use {' or '.join(f'batch={size}' for size in sizes)}"
    )


def check_liars(workers: int, assumed: int, actual: int) -> None:
    """Raise ValueError unless fewer than half are assumed, and at most all are, Byzantine."""
    at_least("defense.byzantine", assumed, 0)
    at_least("threat.byzantine", actual, 0)
    if 2 * assumed >= workers:
        raise ValueError(
            f"defense.byzantine={assumed} must be less than half of workers={workers}: no scheme "
            f"can tell liars in the majority; use at most {(workers - 1) // 2}"
        )
    if actual > workers:
        raise ValueError(f"threat.byzantine={actual} must be at most workers={workers}; lower it")
