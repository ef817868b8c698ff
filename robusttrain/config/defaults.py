"""The values that the YAML files of configs/ give to the parameters of components."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from robusttrain.config.paths import CONFIGS
from robusttrain.config.targets import empty, parameters_of


def default_of(target: Callable[..., Any], name: str) -> Any:
    """The value that our YAML gives a parameter, else its own default; `empty` for none.

    A default that is no plain value of YAML is none.
    """
    ours = defaults().get(identity(f"{target.__module__}.{target.__qualname__}"), {})
    value = ours.get(name, parameters_of(target)[0][name].default)
    plain = value is None or isinstance(value, bool | int | float | str | list | tuple)
    return value if plain else empty


@cache
def defaults() -> dict[tuple[str, str], dict[str, Any]]:
    """Package and class of each choice in configs/ -> the parameters that its YAML sets."""
    table: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(CONFIGS.glob("*/*.yaml")):
        for _, part in components("", yaml.safe_load(path.read_text())):
            table.setdefault(identity(part["_target_"]), dict(part))
    return table


def identity(path: str) -> tuple[str, str]:
    """Package and name of a dotted path; torch.optim.SGD is found as torch.optim.sgd.SGD."""
    return path.partition(".")[0], path.rpartition(".")[2]


def components(key: str, content: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(dotted key, mapping) of the outermost components in `content`."""
    if isinstance(content, Mapping):
        if "_target_" in content:
            yield key, content
        else:
            for name, value in content.items():
                yield from components(f"{key}.{name}", value)
    elif isinstance(content, list | tuple):
        for i, value in enumerate(content):
            yield from components(f"{key}[{i}]", value)
