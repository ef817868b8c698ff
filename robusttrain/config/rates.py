"""Tries the optimizer and its schedule on one number, so that no run ends in their first steps."""

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch

from robusttrain.config.instantiate import make
from robusttrain.config.targets import found
from robusttrain.config.typed import refused

TRIED = 1000  # steps of the schedule


def check_rates(cfg: Mapping[str, Any]) -> None:
    """Raise ValueError unless optimizer and schedule can be made and take the first steps.

    The learning rate must be finite in each of the first `TRIED` steps, or in all if there are
    fewer. Only for a rank that makes an optimizer anyway: torch imports much for it.
    """
    parameter = torch.zeros(1)
    parameter.grad = torch.zeros(1)
    optimizer = make(cfg, "optimizer", params=[parameter])
    tried("optimizer", cfg, optimizer.step)
    schedule = make(cfg, "schedule", optimizer=optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in range(1, min(cfg["steps"], TRIED) + 1):
            tried("schedule", cfg, schedule.step)
            rates = [float(group["lr"]) for group in optimizer.param_groups]
            if not all(map(math.isfinite, rates)):
                given = [f"schedule.{k}={v}" for k, v in cfg["schedule"].items() if k[0] != "_"]
                raise ValueError(
                    f"{', '.join(given)}: the learning rate is {rates[0]} after step {step}; it "
                    "must stay finite; use schedule=constant"
                )


def tried(key: str, cfg: Mapping[str, Any], step: Callable[[], object]) -> None:
    """Call `step`; ValueError, with the parameters of the part at `key`, if it raises."""
    try:
        step()
    except Exception as error:
        target = found(cfg[key]["_target_"])
        assert target is not None
        raise ValueError(refused(key, cfg[key], target, error)) from error
