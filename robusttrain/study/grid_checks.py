"""What the file of a table may hold; what is refused of it, in one line."""

from pathlib import Path
from typing import Any

from robusttrain.study.cell import MEASURES
from robusttrain.study.grid import Grid

KEYS = {key for key in Grid.__dataclass_fields__ if key != "name"}
PROMISE = {"columns", "row", "column", "within"}
NEEDED = ("title", "seeds", "rows", "columns")


def check_content(path: Path, content: dict[str, Any]) -> None:
    """Raise ValueError that names the key, its value and the rule."""
    for key in content.keys() - KEYS:
        raise ValueError(f"{path}: unknown key {key!r}; a table has {', '.join(sorted(KEYS))}")
    for key in NEEDED:
        if not content.get(key):
            raise ValueError(f"{path}: {key} is missing; a table needs {', '.join(NEEDED)}")
    for key in ("rows", "columns", "only"):
        if not isinstance(content.get(key, {}), dict):
            raise ValueError(f"{path}: {key} must be keys and values, a label and a list each")
    for key in ("seeds", "shows", "base", "at", "promises"):
        if not isinstance(content.get(key, []), list):
            raise ValueError(f"{path}: {key} must be a list")
    for key in ("rows", "columns"):
        for label, words in content[key].items():
            if not isinstance(words, list):
                raise ValueError(f"{path}: {key}: {label!r} must be a list of overrides, or []")
    for measure in content.get("shows", []):
        if measure not in MEASURES:
            raise ValueError(f"{path}: shows {measure!r}; there are {', '.join(MEASURES)}")
    check_places(path, content)


def check_places(path: Path, content: dict[str, Any]) -> None:
    """Raise ValueError if `only` or `promises` name a row or a column that there is not."""
    promises = content.get("promises", [])
    for promise in promises:
        if not isinstance(promise, dict) or promise.keys() != PROMISE:
            raise ValueError(f"{path}: a promise has columns, row, column, within; got {promise}")
    named = [c for p in promises for c in [p["column"], *p["columns"]]]
    for column in [*content.get("only", {}), *named]:
        if column not in content["columns"]:
            raise ValueError(f"{path}: {column!r} is none of its columns")
    rows = [r for several in content.get("only", {}).values() for r in several]
    for row in [*rows, *(p["row"] for p in promises)]:
        if row not in content["rows"]:
            raise ValueError(f"{path}: {row!r} is none of its rows")
