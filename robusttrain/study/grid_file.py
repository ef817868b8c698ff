"""Tables by their names: each is described in launch/tables/NAME.yaml."""

from pathlib import Path

import yaml

from robusttrain.config.paths import CONFIGS
from robusttrain.study.grid import Grid
from robusttrain.study.grid_checks import KEYS, check_content

TABLES = CONFIGS.parent / "launch" / "tables"


def names(folder: Path = TABLES) -> list[str]:
    """The tables that there are."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_grid(name: str, folder: Path = TABLES) -> Grid:
    """The table of this name; ValueError that says what its file may hold, or which there are."""
    if name not in names(folder):
        raise ValueError(f"there is no table {name!r}; there are {', '.join(names(folder))}")
    path = folder / f"{name}.yaml"
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold keys and values; it may have {', '.join(sorted(KEYS))}")
    check_content(path, content)
    return Grid(name, **content)
