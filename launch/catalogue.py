"""Catalogue: every rule, pre-aggregator and attack in a line, from their classes.

python launch/catalogue.py            print it
python launch/catalogue.py --write    renew it in README.md, between its markers
"""

import argparse
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml
from hydra.utils import get_class

from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.preaggregator.base import PreAggregator, Recurrent
from robusttrain.threat.attack.base import Attack

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- catalogue -->", "<!-- end of catalogue -->"
HEAD = """\
## The catalogue

Written by `python launch/catalogue.py --write`; a test holds it to the code. A name leads to
the formula, the parameters and what is promised. n vectors, of which f are assumed bad.

**Rules.** Breakdown: how many of n vectors may be anything while the output stays bounded.
Passes: how often all vectors are read."""
PRE = """\
**Pre-aggregators**, before any rule; passes are those that they add."""
ATTACK = """\
**Attacks.** Knowledge: the least `threat.knowledge` that the attack can do with, and how many
tasks' gradients it must cover; 0: it reads those alone that it replaces."""


def main(arguments: Sequence[str] | None = None, readme: Path = ROOT / "README.md") -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="renew it in README.md")
    if parser.parse_args(arguments).write:
        write(readme)
    else:
        print(catalogue())


def write(readme: Path) -> None:
    """Put the catalogue between the markers; SystemExit if there are none."""
    before, start, rest = readme.read_text().partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise SystemExit(f"error: {readme} has no {START} followed by {END}; add both")
    readme.write_text(f"{before}{START}\n{catalogue()}\n{END}{after}")


def catalogue() -> str:
    """All three tables in Markdown."""
    parts = (
        HEAD,
        table("aggregator", "rule, kind, needs, breakdown, passes, reference", rule),
        PRE,
        table("preaggregator", "stage, what it does, needs, passes, reference", stage),
        ATTACK,
        table("attack", "attack, knowledge, tasks, what it sends, reference", attack),
    )
    return "\n\n".join(parts)


def table(folder: str, head: str, cells: Callable[[type], Sequence[str]]) -> str:
    """A line for each choice of a stage."""
    lines = [head.split(", "), ["---"] * len(head.split(", "))]
    for path in sorted((ROOT / "configs" / folder).glob("*.yaml")):
        content = yaml.safe_load(path.read_text())
        target = content["_target_"] if "_target_" in content else content[path.stem]["_target_"]
        part = get_class(target)
        name = f"[`{path.stem}`]({part.__module__.replace('.', '/')}.py)"
        lines.append([name, *(cell.replace("|", "\\|") for cell in cells(part))])
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
    passes = "1 if the rule is not a gram rule" if gram else str(int(issubclass(cls, Recurrent)))
    return [first(cls), cls.precondition, passes, cls.source]


def attack(cls: type[Attack]) -> list[str]:
    return [cls.needs, str(cls.needs_known), first(cls), cls.source]


def first(cls: type) -> str:
    """The first line of the docstring, a sentence."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
