"""Where the YAML files of the configuration are, and which choices they offer."""

from pathlib import Path

_INSTALLED = Path(__file__).parents[1] / "configs"

CONFIGS = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[2] / "configs"


def choices(stage: str) -> list[str]:
    """The names of all choices of a stage, in alphabetical order."""
    return sorted(path.stem for path in (CONFIGS / stage).glob("*.yaml"))
