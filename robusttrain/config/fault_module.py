"""Refuses faults inside modules that the model does not have."""

from difflib import get_close_matches

from torch import nn

from robusttrain.threat.faults import Faults
from robusttrain.threat.injection import has_weight, modules_of
from robusttrain.threat.phases import ACTIVATION

MOST = 12  # names in a message


def check_modules(faults: Faults, model: nn.Module) -> None:
    """Raise ValueError for a fault in a module that is not there, or has no weight to strike."""
    named = dict(model.named_modules())
    for planned in faults.planned:
        name, phase = planned.module, planned.phase
        if name is None:
            continue
        key = f"fault={planned}: module={name}"
        names = modules_of(model, phase.name)
        if name not in named:
            near = get_close_matches(name, [*filter(None, named)], n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ValueError(f"{key} is no module of the model; {hint}choose from {listed(names)}")
        if phase.name != ACTIVATION and not has_weight(named[name]):
            raise ValueError(
                f"{key} has no trainable weight of its own, as phase={phase.name} needs; choose "
                f"from {listed(names)}"
            )


def listed(names: list[str]) -> str:
    """The first of the names."""
    more = ["..."] if len(names) > MOST else []
    return ", ".join([*names[:MOST], *more])
