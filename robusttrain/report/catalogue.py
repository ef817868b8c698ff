"""The catalogue: every rule, pre-aggregator and attack in a line, from their classes."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hydra.utils import get_class

from robusttrain.config.choices import choices, described
from robusttrain.config.fault import kinds
from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.preaggregator.base import PreAggregator, Recurrent
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.fault.base import Fault

HEAD = """\
# The catalogue

Written by `python launch/catalogue.py --write`; a test holds it to the code. A name leads to
the formula, the parameters and what is promised. n vectors, of which f are assumed bad.

**Rules.** Breakdown: how many of n vectors may be anything while the output stays bounded.
Passes: how often all vectors are read."""
PREAGGREGATOR = """\
**Pre-aggregators**, before any rule; passes are those that they add."""
ATTACK = """\
**Attacks.** Knowledge: the least `threat.knowledge` that the attack can do with, and how many
tasks' gradients it must cover; 0: it reads those alone that it replaces."""
FAULT = """\
**Faults**, as in `fault=[{worker: 3, step: 5, phase: commit, do: sigkill}]`. Phases: those of any
`message`, of those `received` or `sent` by the rank, of all with `bytes` of the worker. How long:
the first `message` of the phase, all of the `phase` in that step, or of the rest of the `run`."""


def write(path: Path) -> None:
    """Write the catalogue to `path`; a missing folder is created."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(catalogue() + "\n")


def catalogue() -> str:
    """All tables in Markdown, with links that are relative to docs/."""
    parts = (
        HEAD,
        table("aggregator", "rule, kind, needs, breakdown, passes, reference", rule),
        PREAGGREGATOR,
        table("preaggregator", "stage, what it does, needs, passes, reference", stage),
        ATTACK,
        table("attack", "attack, knowledge, tasks, what it sends, reference", attack),
        FAULT,
        tabulated(kinds(), "fault, phases, how long, what happens, reference", fault),
    )
    return "\n\n".join(parts)


def table(folder: str, head: str, cells: Callable[[type], Sequence[str]]) -> str:
    """A line for each choice of a stage."""
    targets = {choice: described(folder, choice)["_target_"] for choice in choices(folder)}
    return tabulated(targets, head, cells)


def tabulated(targets: Mapping[str, str], head: str, cells: Callable[[type], Sequence[str]]) -> str:
    """A line for each name, from the class of its path."""
    lines = [head.split(", "), ["---"] * len(head.split(", "))]
    for choice, target in targets.items():
        cls = get_class(target)
        name = f"[`{choice}`](../{cls.__module__.replace('.', '/')}.py)"
        lines.append([name, *(cell.replace("|", "\\|") for cell in cells(cls))])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rule(cls: type[Rule]) -> list[str]:
    return [cls.kind, cls.precondition, cls.breakdown, passes(cls), cls.source]


def passes(cls: type[Rule]) -> str:
    """What the class declares, else what its kind takes."""
    if hasattr(cls, "passes"):
        return str(cls.passes)
    if cls.kind == "pool":
        return "those of the rule drawn"
    if cls.kind == "coordinate":
        return "1"
    remembers = "history" in getattr(cls, "anchors", ())
    return str(2 + getattr(cls, "describes", False) + remembers)


def stage(cls: type[PreAggregator]) -> list[str]:
    gram = cls.needs_gram or cls.needs_origin
    added = "1 if the rule is not a gram rule" if gram else str(int(issubclass(cls, Recurrent)))
    return [first(cls), cls.precondition, added, cls.source]


def attack(cls: type[Attack]) -> list[str]:
    return [cls.needs, str(cls.needs_known), first(cls), cls.source]


def fault(cls: type[Fault]) -> list[str]:
    return [cls.fits, cls.span, first(cls), cls.source]


def first(cls: type) -> str:
    """The first line of the docstring, a sentence."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]
