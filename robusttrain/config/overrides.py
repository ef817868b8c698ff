"""Checks overrides before Hydra composes them: each is key=value, and each choice exists."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, ValueType
from hydra.errors import HydraException

from robusttrain.config.paths import CONFIGS, choices
from robusttrain.config.renamed import check_names
from robusttrain.values import shown

LISTED = ("preaggregator",)  # parts of which several can be chosen


def check_overrides(words: Sequence[str], folders: Sequence[Path] = ()) -> list[Override]:
    """Raise ValueError unless all `words` are overrides key=value, and the choices exist.

    folders: with choices besides those of configs/.
    Returns the overrides as Hydra reads them.
    """
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f"an override is a string such as 'workers=15'; got {word!r}")
        if word.startswith("-"):
            raise ValueError(f"{word} is an option of the command line, not an override key=value")
    check_names(words)
    overrides = [parsed(word) for word in words]
    elsewhere = any(override.key_or_group == "hydra.searchpath" for override in overrides)
    for override in overrides:
        if (CONFIGS / override.key_or_group).is_dir() and not override.is_delete():
            for value in values(override):
                check_choice(override, value, folders, elsewhere)
    return overrides


def check_single(overrides: Iterable[Override], remedy: str) -> None:
    """Raise ValueError if one of the overrides gives several values; `remedy`: what to do."""
    for override in overrides:
        if override.is_sweep_override():
            key, _, value = str(override.input_line).partition("=")
            raise ValueError(
                f"{override.input_line} gives several values, a sweep; {remedy}, or write "
                f"{key}=[{value}] if it is one list"
            )


def parsed(word: str) -> Override:
    """The override as Hydra reads it; ValueError if it is none."""
    try:
        override = OverridesParser.create().parse_override(word)
    except HydraException as error:
        key = word.partition("=")[0]
        if "=" not in word:
            remedy = f"write {key or 'key'}=VALUE"
            raise ValueError(f"{word or repr(word)} has no value; {remedy}") from error
        why = " ".join(str(error).splitlines()[0].split())
        raise ValueError(
            f"{word} cannot be read ({why}); write key=value without blanks around the =, and a "
            f"value with special characters in quotes, within those of the shell: \"{key}='...'\""
        ) from error
    if not override.key_or_group:
        raise ValueError(f"{word} has no key; write key=value")
    return override


def values(override: Override) -> Iterable[Any]:
    """What the override sets: its value, or each of those that a sweep goes through."""
    if not override.is_sweep_override():
        return [override.value()]
    listed = override.value_type in (ValueType.CHOICE_SWEEP, ValueType.SIMPLE_CHOICE_SWEEP)
    return list(override.sweep_iterator()) if listed else []


def check_choice(override: Override, value: Any, folders: Sequence[Path], elsewhere: bool) -> None:
    """Raise ValueError, with the choices, unless `value` names a choice of the override's part.

    folders: with choices besides those of configs/. elsewhere: there may be others still.
    """
    part = override.key_or_group
    names = sorted({*choices(part), *(p.stem for f in folders for p in (f / part).glob("*.yaml"))})
    several = part in LISTED and isinstance(value, list)
    for name in value if several else [value]:
        if not isinstance(name, str) or not (elsewhere or name.removesuffix(".yaml") in names):
            place = override.get_key_element().lstrip("+")
            raise ValueError(no_choice(part, f"{place}={shown(value)}", name, names))


def no_choice(part: str, word: str, name: Any, names: Sequence[str]) -> str:
    """What to say of a word that chooses, by `name`, what the part does not have."""
    text = "" if name is None else shown(name)
    near = get_close_matches(text, names, n=1)
    if part in LISTED and text in ("", "none", "false", "[]"):
        hint = f"use {part}=[] for none; "
    elif part == "experiment" and text in ("", "none", "false"):
        hint = "use ~experiment for none; "
    elif text in ("", "false") and "none" in names:
        hint = f"use {part}=none; "
    else:
        hint = f"did you mean {near[0]}? " if near else ""
    return f"{word} does not exist; {hint}choose from {', '.join(names)}"
