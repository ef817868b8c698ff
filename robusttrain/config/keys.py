"""Checks that a configuration has the keys of train.yaml, and no others."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

import yaml

from robusttrain.config.paths import CONFIGS


def check_keys(cfg: dict[str, Any]) -> None:
    """Raise ValueError, with the nearest key, if `cfg` has one that nothing reads.

    A key that was added by mistake (`+defense.byzantin=3`) would otherwise be ignored. Parts that
    are chosen (data, aggregator, ...) are left to their constructors.

    >>> check_keys({"defense": {"byzantin": 3}})
    Traceback (most recent call last):
    ValueError: defense.byzantin is no key of the configuration; did you mean defense.byzantine?
    """
    plain, chosen = known()
    for key in given(cfg, chosen):
        if key not in plain:
            raise ValueError(f"{key} is no key of the configuration; {remedy(key, plain | chosen)}")


def given(cfg: dict[str, Any], chosen: Iterable[str]) -> Iterator[str]:
    """The dotted keys of a configuration, parts that are chosen aside."""
    for key, value in cfg.items():
        if key in chosen:
            continue
        if isinstance(value, dict) and value:
            yield from (f"{key}.{name}" for name in value)
        else:
            yield key


def remedy(key: str, keys: Iterable[str]) -> str:
    """What to write in the place of an unknown key."""
    near = get_close_matches(key, list(keys), n=1)
    return f"did you mean {near[0]}?" if near else "leave it out"


@cache
def known() -> tuple[frozenset[str], frozenset[str]]:
    """(the dotted keys of train.yaml, the names of the parts that are chosen)."""
    chosen = frozenset(path.name for path in CONFIGS.iterdir() if path.is_dir())
    content = yaml.safe_load((CONFIGS / "train.yaml").read_text())
    own = {key: value for key, value in content.items() if key not in ("defaults", "hydra")}
    return frozenset(given(own, chosen)), chosen
