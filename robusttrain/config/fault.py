"""Makes the faults of a run from their list and from chaos, and refuses those that cannot be."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from robusttrain.comm.ranks import launched
from robusttrain.config.instantiate import make
from robusttrain.config.keys import at_least
from robusttrain.names import name_of
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.stages import classes
from robusttrain.threat import fault as stage
from robusttrain.threat.chaos import Chaos
from robusttrain.threat.fault.base import Fault
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import Phase, phases_of
from robusttrain.values import is_share, is_whole, shown

KEYS = ("worker", "step", "phase", "do")
MORE = ("steps", "probability", "module")
EXAMPLE = "fault=[{worker: 0, step: 0, phase: publish, do: sigkill}]"


def kinds() -> dict[str, str]:
    """Name of each kind of fault -> the path of its class: the modules of the folder."""
    found = classes(Path(str(stage.__file__)).parent)
    return {
        module: f"robusttrain.threat.fault.{module}.{name}"
        for name, module in sorted(found.items(), key=lambda pair: pair[1])
        if module != "base"
    }


def make_faults(cfg: Mapping[str, Any], agreement: Agreement) -> Faults:
    """The listed faults, then those that chaos draws; ValueError for one that cannot be."""
    phases = phases_of(agreement)
    names = name_of(agreement)
    planned = [one(f"fault[{i}]", item, cfg, phases, names) for i, item in enumerate(cfg["fault"])]
    taken: dict[tuple[int, str, int], int] = {}
    for i, fault in enumerate(planned):
        for slot in sorted(slots(fault)):
            if slot in taken:
                raise ValueError(
                    f"fault[{i}]={fault}: worker {fault.worker} already has fault[{taken[slot]}] "
                    f"in step {slot[2]} and phase {fault.phase.name}; choose another step or "
                    "phase, or leave it out"
                )
            taken[slot] = i
    drawn = make_chaos(cfg["chaos"]).draw(cfg["workers"], cfg["steps"], phases)
    free = (fault for fault in drawn if not taken.keys() & slots(fault))
    faults = Faults((*planned, *free), cfg["seed"])
    if launched():
        check_frames(faults, cfg["runtime"]["backend"])
    return faults


def slots(planned: Planned) -> set[tuple[int, str, int]]:
    """Worker, phase and each step that the fault is given for; each has one fault at most."""
    steps = range(planned.step, planned.step + planned.steps)
    return {(planned.worker, planned.phase.name, step) for step in steps}


def make_chaos(chaos: Mapping[str, Any]) -> Chaos:
    """What is drawn; ValueError for kinds that do not exist."""
    at_least("chaos.workers", chaos["workers"], 1)
    at_least("chaos.seed", chaos["seed"], 0)
    names = chaos["kinds"]
    if names is None:
        names = [name for name in kinds() if not kind("chaos.kinds", name).refused]
    if not names:
        raise ValueError(f"chaos.kinds=[] must name a kind; choose from {', '.join(kinds())}")
    made = [kind("chaos.kinds", name) for name in names]
    return Chaos(chaos["rate"], made, chaos["workers"], chaos["seed"])


def one(
    key: str, item: Any, cfg: Mapping[str, Any], phases: Sequence[Phase], agreement: str
) -> Planned:
    """The fault that an item of the list describes."""
    if not isinstance(item, Mapping) or any(name not in item for name in KEYS):
        raise ValueError(f"{key}={shown(item)} must have {', '.join(KEYS)}; write {EXAMPLE}")
    for name, number in (("worker", cfg["workers"]), ("step", cfg["steps"])):
        value = item[name]
        if not is_whole(value) or value >= number:
            raise ValueError(
                f"{key}.{name}={shown(value)} must be in 0..{number - 1}, as {name}s={number}; "
                f"use {number - 1}"
            )
    phase = next((phase for phase in phases if phase.name == item["phase"]), None)
    if phase is None:
        raise ValueError(
            f"{key}.phase={shown(item['phase'])} is no phase with agreement={agreement}; choose "
            f"from {', '.join(phase.name for phase in phases)}"
        )
    steps, most = item.get("steps", 1), cfg["steps"] - item["step"]
    if not is_whole(steps, 1) or steps > most:
        raise ValueError(f"{key}.steps={shown(steps)} must be in 1..{most}, within the run; use 1")
    probability = item.get("probability", 1.0)
    if not is_share(probability):
        raise ValueError(f"{key}.probability={shown(probability)} must be in 0..1; use 0.1")
    fault = kind(key, item["do"], {k: v for k, v in item.items() if k not in (*KEYS, *MORE)})
    fitting = [phase.name for phase in phases if phase.admits(fault.fits)]
    if phase.name not in fitting:
        raise ValueError(
            f"{key}.do={item['do']} cannot be in phase={phase.name} with agreement={agreement}; "
            f"choose phase from {', '.join(fitting)}"
        )
    module = item.get("module")
    if module is not None and not phase.inside:
        inside = ", ".join(phase.name for phase in phases if phase.inside)
        raise ValueError(
            f"{key}.module={shown(module)}: phase={phase.name} is not inside the model; choose "
            f"phase from {inside}, or leave module out"
        )
    return Planned(int(item["worker"]), int(item["step"]), phase, fault, int(steps),
                   float(probability), None if module is None else str(module))  # fmt: skip


def kind(key: str, name: Any, parameters: Mapping[str, Any] | None = None) -> Fault:
    """The fault of this kind."""
    if not isinstance(name, str) or name not in kinds():
        near = get_close_matches(str(name), kinds(), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        place = key if key == "chaos.kinds" else f"{key}.do"
        raise ValueError(
            f"{place}={shown(name)} is no kind of fault; {hint}choose from {', '.join(kinds())}"
        )
    made: Fault = make({key: {"_target_": kinds()[name], **(parameters or {})}}, key)
    return made


def check_frames(faults: Faults, backend: str) -> None:
    """Raise ValueError for a fault that ranks over process groups do not bear; over tls they do."""
    for planned in faults.planned:
        if backend != "tls" and (why := planned.fault.refused):
            raise ValueError(f"fault={planned}: {why}")
