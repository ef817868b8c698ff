"""Optimizers and schedules that cannot take a run's steps, refused before the first."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from robusttrain.usercode.broken import Broken, described
from robusttrain.usercode.locate import locate

REMEDY = {"optimizer": "optimizer=adamw", "schedule": "schedule=cosine"}


def check_step(key: str, path: str | None) -> None:
    """Raise ValueError if a class of optimizers or schedules needs more than a call of `step()`.

    key: str. "optimizer" or "schedule".
    path: str. Its `_target_`.

    >>> check_step("schedule", "torch.optim.lr_scheduler.ReduceLROnPlateau")
    Traceback (most recent call last):
    ...
    ValueError: schedule._target_=torch.optim.lr_scheduler.ReduceLROnPlateau needs metrics for \
each step, which no step of a run has; use one that needs nothing, such as schedule=cosine
    """
    step = getattr(locate(f"{key}._target_", path or ""), "step", None)
    if step is None:
        return
    _, *parameters = inspect.signature(step).parameters.values()
    needed = [
        p.name for p in parameters if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD
    ]
    if needed:
        raise ValueError(
            f"{key}._target_={path} needs {needed[0]} for each step, which no step of a run has; "
            f"use one that needs nothing, such as {REMEDY[key]}"
        )


def check_dense(part: Mapping[str, Any], make: Callable[[list[Tensor]], Optimizer]) -> None:
    """Raise ValueError unless an optimizer takes a step for a gradient that is a plain tensor.

    part: its configuration, for the error.
    make: parameters -> the optimizer.
    """
    parameter = torch.zeros(2, 2)
    optimizer = make([parameter])
    parameter.grad = torch.ones(2, 2)
    path = part.get("_target_")
    try:
        optimizer.step()
    except Exception as error:
        raise Broken(
            f"optimizer._target_={path}: a step raised {described(error)}; gradients are plain "
            f"tensors and there is no closure; use another, such as {REMEDY['optimizer']}", error,
        ) from error  # fmt: skip


def check_length(schedule: Any, steps: int) -> None:
    """Raise ValueError if a schedule, such as OneCycleLR, ends before the run does."""
    total = getattr(schedule, "total_steps", None)
    if isinstance(total, int) and total < steps:
        raise ValueError(
            f"schedule.total_steps={total} must be at least steps={steps}; use "
            f"schedule.total_steps={steps}"
        )
