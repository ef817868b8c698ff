"""What Hydra refuses to compose, in one line that names the key and a remedy."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hydra.errors import MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from robusttrain.config.keys import known, remedy
from robusttrain.config.paths import choices
from robusttrain.config.resolved import at, plain, unresolvable
from robusttrain.config.targets import called, found, parameters_of
from robusttrain.config.typed import unknown

PATTERNS = {
    r"Could not override '([\w.]+)'\.\nTo append": "unknown",
    r"An item is already at '(.+?)'": "already there",
    r"Multiple values for ([\w/@.]+)\.": "already there",
    r"Could not delete(?: from config\.)? '(.+?)'": "nothing to delete",
}
Compose = Callable[[Sequence[str]], Mapping[str, Any]]


def refusal(error: BaseException, words: Sequence[str], compose: Compose, name: str) -> str:
    """In one line, why Hydra or OmegaConf refuses `words` for configs/<name>.yaml.

    compose: composes other words of the same configuration.
    """
    if isinstance(error, MissingConfigException) and error.options and error.missing_cfg_file:
        part, _, value = error.missing_cfg_file.rpartition("/")
        return f"{part}={value} does not exist; choose from {', '.join(error.options)}"
    for pattern, kind in PATTERNS.items():
        if match := re.search(pattern, str(error)):
            key = match[1]
            word = next((w for w in words if key_of(w) == key), key)
            if kind == "already there":
                return f"{word}: {key} is there already; write {word.lstrip('+')}"
            if kind == "nothing to delete":
                return f"{word}: there is no {key} to leave out, or it is null; drop that word"
            return unknown_key(key, word, words, compose, name)
    if isinstance(error, OmegaConfBaseException):
        return unresolvable(error)
    causes = [error] if error.__cause__ is None else [error, error.__cause__]
    said = "; ".join(filter(None, map(plain, causes))) or type(error).__name__
    if match := re.search(r"override ((.+?)=(.+)); Cannot merge DictConfig with ListConfig", said):
        return f"{match[1]} must be a list; use {match[2]}=[{match[3]}]"
    return said


def key_of(word: str) -> str:
    """The key of an override."""
    return word.partition("=")[0].lstrip("+~")


def unknown_key(key: str, word: str, words: Sequence[str], compose: Compose, name: str) -> str:
    """What to say of a key that the configuration does not have."""
    own, chosen = known(name)
    others = [other for other in words if key_of(other) != key]
    config: Any
    try:
        config = OmegaConf.to_container(OmegaConf.create(dict(compose(others))))
    except Exception:  # another word is wrong as well
        config = {}
    place, _, last = key.rpartition(".")
    part, _, stage = place.partition(".")
    content = at(config, place)
    if config and content is None and part == "preaggregator" and stage in choices(part):
        return f"{key}: {stage} is not chosen; add {part}=[{stage}]"
    if isinstance(content, Mapping) and (target := found(content.get("_target_"))):
        if last in parameters_of(target)[0]:
            return f"{key} is not set for {called(target)} yet; add it with +{word}"
        return unknown(place, last, target)
    keys = {*own, *chosen, *dotted(config)}
    return f"{key} is no key of the configuration; {remedy(key, keys)}"


def dotted(config: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The dotted keys of all values in a nested mapping."""
    keys = []
    for name, value in config.items():
        inner = isinstance(value, Mapping) and value
        keys.extend(dotted(value, f"{prefix}{name}.") if inner else [f"{prefix}{name}"])
    return [key for key in keys if not key.endswith("_target_")]
