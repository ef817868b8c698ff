"""The price table as a CSV file, with the setting in every row."""

import os
from collections.abc import Sequence
from pathlib import Path

from robusttrain.config.device import choose_device
from robusttrain.report.csv_file import write_csv
from robusttrain.study.price.places import PHASES
from robusttrain.study.price.prices import Price
from robusttrain.study.price.setting import Setting

SETTING = (
    "model", "sizes", "workers", "ranks", "threads", "batch", "micro", "device", "cores",
)  # fmt: skip


def save(made: Sequence[Price], path: Path, setting: Setting) -> None:
    """Write the table, phases included, as a CSV file."""
    head = ["row", "passes", "seconds", "first_quartile", "median", "third_quartile", "cpu_seconds",
            "price", "price_cpu", "busiest_rank"]  # fmt: skip
    kinds = ("server", "worker", "beside", "sent")
    head += [f"{kind}_{phase}" for kind in kinds for phase in PHASES]
    device = choose_device(setting.device, 0).type
    same = [setting.model, " ".join(setting.sizes), setting.workers, setting.ranks,
            setting.threads, setting.batch, setting.micro, device, os.cpu_count()]  # fmt: skip
    rows = []
    for p in made:
        figures = [p.passes, p.seconds, *p.quartiles, p.cpu, p.wall_price, p.cpu_price, p.rank]
        spent = [getattr(p, kind).get(phase, 0.0) for kind in kinds for phase in PHASES]
        rows.append([p.name, *figures, *spent, *same])
    write_csv(path, [*head, *SETTING], rows)
