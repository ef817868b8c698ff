"""Checks of what a session is given, before anything is trained."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from robusttrain.comm.ranks import launched, worker_ranks
from robusttrain.config.compose import check_list
from robusttrain.training.model.base import check_pure
from robusttrain.training.purity import check_parameters
from robusttrain.values import check_whole

BASE = ("run.label=session", "threat.byzantine=0")
GIVEN = {
    "data": "the data are the batches of the loop",
    "model": "the model is an argument of the session",
    "batch": "the session has batch=",
    "steps": "the session has steps=",
    "objective.loss": "the loss is an argument of the session",
    "objective.metric": "measures are for session.serve(evaluate=...)",
    "runtime.ranks": "torchrun --nproc-per-node says how many ranks there are",
    "runtime.port": "torchrun --master-port says where the ranks meet",
    "checkpoint": "nobody but your loop can begin it in the middle; save there what it needs",
    "resume": "nobody but your loop can begin it in the middle",
    "defense.root_samples": "the server of a session has no samples of its own",
    "probe.journal": "a session cannot read the batches of an earlier start again",
}
OPTIMIZER = dict.fromkeys(("optimizer", "schedule"), "the session has optimizer= already")


def check_launch() -> None:
    """Raise ValueError unless torchrun started a server and at least one worker rank."""
    script = Path(sys.argv[0]).name or "script.py"
    start = f"start it with torchrun --nproc-per-node 4 {script}: one server, three worker ranks"
    if not launched():
        raise ValueError(f"a session needs more than one process; {start}")
    if worker_ranks() < 1:
        raise ValueError(f"torchrun started one process, which would be the server alone; {start}")


def check_model(model: Any) -> None:
    """Raise ValueError unless `model` can be trained by a session."""
    if isinstance(model, DistributedDataParallel | DataParallel):
        raise ValueError(f"model is wrapped in {type(model).__name__}; give the session the module")
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is {type(model).__name__}; give an object of an nn.Module")
    check_parameters(model)
    check_pure(model)


def check_optimizer(model: nn.Module, optimizer: Any, schedule: Any) -> None:
    """Raise ValueError unless they belong to each other and to the model."""
    if optimizer is None:
        if schedule is not None:
            raise ValueError("schedule= needs optimizer=, the one that it was made for")
        return
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer is {type(optimizer).__name__}; give one of torch.optim's")
    own = {id(parameter) for parameter in model.parameters()}
    if not all(id(p) in own for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            "optimizer has parameters that are not the model's; make it with model.parameters()"
        )
    if schedule is None:
        return
    if not isinstance(schedule, LRScheduler) or isinstance(schedule, ReduceLROnPlateau):
        raise ValueError(
            f"schedule is {type(schedule).__name__}; give a torch.optim.lr_scheduler that moves on "
            "by steps, such as LambdaLR"
        )
    if schedule.optimizer is not optimizer:
        raise ValueError("schedule was made for another optimizer; make it with the session's")


def words(config: Sequence[str], batch: int, steps: int, own_optimizer: bool) -> list[str]:
    """The overrides of a session: its own, those of `config`, its batch and steps.

    Raises ValueError for those whose place an argument has taken.

    >>> words(["workers=5"], batch=60, steps=9, own_optimizer=True)[-3:]
    ['workers=5', 'batch=60', 'steps=9']
    """
    check_whole("batch", batch, 1, use=64)
    check_whole("steps", steps, 1, use=100)
    check_list(config)
    given = GIVEN | (OPTIMIZER if own_optimizer else {})
    for word in config:
        key = str(word).partition("=")[0].lstrip("+~").partition("@")[0]
        for name, why in given.items():
            if key == name or key.startswith(f"{name}."):
                raise ValueError(f"{word} has no meaning here: {why}; leave it out")
    preset = any(str(word).startswith("experiment=") for word in config)
    return [
        *([] if preset else ["~experiment"]),
        *BASE,
        *config,
        f"batch={batch}",
        f"steps={steps}",
    ]


def described(
    config: DictConfig, model: nn.Module, loss: Any, optimizer: Any, schedule: Any
) -> dict[str, Any]:
    """What config.yaml says of the objects that a session was given."""
    objective = OmegaConf.to_container(config.objective, resolve=True)
    assert isinstance(objective, dict)
    check_way(objective.get("vectorize"))
    parts: dict[str, Any] = {
        "data": {"_target_": "robusttrain.training.batches.Loop"},
        "model": {"_target_": path_of(type(model))},
        "objective": {
            **objective,
            "loss": path_of(loss if hasattr(loss, "__qualname__") else type(loss)),
        },
    }
    if optimizer is not None:
        plain = (bool, int, float, str, type(None))
        defaults = {k: v for k, v in optimizer.defaults.items() if isinstance(v, plain)}
        parts["optimizer"] = {"_target_": path_of(type(optimizer)), **defaults}
        parts["schedule"] = schedule and {"_target_": path_of(type(schedule))}
    return parts


def path_of(thing: Any) -> str:
    """Module and name of a class or a function, whether or not it can be imported."""
    return f"{thing.__module__}.{thing.__qualname__}"


def check_way(vectorize: Any) -> None:
    """Raise ValueError if how rows are computed is to be measured, on data that is not there."""
    if vectorize == "auto":
        raise ValueError(
            "objective.vectorize=auto measures on the training set before the run, which a session "
            "does not have yet; choose vmap, loop or batched"
        )
