"""Is there room on the disk for what a run writes?"""

import shutil
from pathlib import Path

from robusttrain.config.recipe import Recipe
from robusttrain.run.place import existing

LINE_BYTES, SLACK_BYTES = 600, 1_000_000  # a step's line in metrics.jsonl; the other files


def check_space(checked: Recipe) -> None:
    """Raise ValueError unless what the run writes fits on the disk."""
    model = sum(t.nbytes for t in checked.model.state_dict().values() if hasattr(t, "nbytes"))
    metrics = checked.steps * (LINE_BYTES + 8 * checked.workers)
    place = existing(Path(checked.config["run"]["root"]))
    free, needed = shutil.disk_usage(place).free, model + metrics + SLACK_BYTES
    if free < needed:
        raise ValueError(
            f"run.root={checked.config['run']['root']}: {place} has {free / 1e6:.1f} MB free, the "
            f"run needs {needed / 1e6:.1f} MB (model.pt alone {model / 1e6:.1f} MB); make room, "
            "or set run.root to a folder on another disk"
        )
