"""Checks that a configuration has the keys of train.yaml, no others, and values of their types."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

import yaml

from robusttrain.config.paths import CONFIGS, choices
from robusttrain.config.typed import check_value
from robusttrain.values import check_whole, shown

HINTS: dict[str, Any] = {  # where the default does not say it
    "defense.mean_when_certain": bool | Literal["auto"],
    "defense.secret": int | None,
    "audit.budget": int | None,
    "chaos.kinds": list[str] | None,
    "probe.journal": str | None,
    "probe.tolerance": float | str,
    "probation.clean_steps": int | None,
    "runtime.deadline": float,
    "runtime.start": float,
    "runtime.patience": float,
    "cluster.role": str | None,
    "cluster.server": str | None,
    "cluster.keys": str | None,
    "cluster.start_with": int | None,
    "run.name": str | None,
    "resume": str | None,
}

OPTIONAL = {"experiment", "preaggregator"}


def check_keys(cfg: Mapping[str, Any], name: str = "train") -> None:
    """Raise ValueError unless `cfg` has the keys of configs/<name>.yaml alone, of their types.

    A key that was added by mistake (`+defense.byzantin=3`) would otherwise be ignored. Parts that
    are chosen (data, aggregator, ...) must be there; they are left to their constructors.

    >>> check_keys({"defense": {"byzantin": 3}})
    Traceback (most recent call last):
    ValueError: defense.byzantin is no key of the configuration; did you mean defense.byzantine?
    """
    own, chosen = known(name)
    sections = {key.partition(".")[0] for key in own if "." in key}
    for section in sorted(sections & cfg.keys()):
        if not isinstance(cfg[section], Mapping):
            keys = ", ".join(f"{key}={shown(own[key])}" for key in own if section in key.split("."))
            raise ValueError(
                f"{section}={shown(cfg[section])} has keys of its own; use them: {keys}"
            )
    values = dict(given(cfg, chosen))
    for key in values:
        if key not in own:
            near = remedy(key, {*own, *chosen})
            raise ValueError(f"{key} is no key of the configuration; {near}")
    for key, default in own.items():
        if key not in values:
            raise ValueError(f"{key} is missing; use {key}={shown(default)}")
        bounded = key != "defense.secret"  # which may have more bits than numbers of torch
        check_value(key, values[key], hint(key, default), default, finite=bounded)
        if isinstance(values[key], str) and not values[key].strip():
            raise ValueError(f"{key}={values[key]} must not be empty; use {shown(default)}")
    for part in sorted(chosen - OPTIONAL):
        check_part(part, cfg.get(part))


def check_part(part: str, content: Any) -> None:
    """Raise ValueError, with the choices, unless `content` describes a component."""
    if not isinstance(content, Mapping) or "_target_" not in content:
        raise ValueError(
            f"{part}={shown(content)} must be one of {', '.join(choices(part))}, or have a _target_"
        )


def given(cfg: Mapping[str, Any], chosen: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The dotted keys of a configuration with their values, parts that are chosen aside."""
    for key, value in cfg.items():
        if key in chosen:
            continue
        if isinstance(value, Mapping) and value:
            yield from ((f"{key}.{name}", item) for name, item in value.items())
        else:
            yield key, value


def hint(key: str, default: Any) -> Any:
    """The type that a key of train.yaml must have."""
    return HINTS.get(key, Any if default is None else type(default))


def remedy(key: str, keys: Iterable[str]) -> str:
    """What to write in the place of an unknown key."""
    near = get_close_matches(key, list(keys), n=1)
    return f"did you mean {near[0]}?" if near else "leave it out"


@cache
def known(name: str = "train") -> tuple[dict[str, Any], frozenset[str]]:
    """(the dotted keys of configs/<name>.yaml with their defaults, the parts that are chosen)."""
    content = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())
    parts = [part for line in content["defaults"] if isinstance(line, dict) for part in line]
    chosen = frozenset(part for part in parts if not part.startswith("override "))
    own = {key: value for key, value in content.items() if key not in ("defaults", "hydra")}
    return dict(given(own, chosen)), chosen


def at_least(key: str, value: Any, least: int) -> None:
    """Raise ValueError unless `value` is a whole number >= least."""
    check_whole(key, value, least, use=known()[0].get(key, max(least, 1)))
