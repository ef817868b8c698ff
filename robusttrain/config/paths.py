"""Where the YAML files of the configuration are."""

from pathlib import Path

_INSTALLED = Path(__file__).parents[1] / "configs"

CONFIGS = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[2] / "configs"
