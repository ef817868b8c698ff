"""The price table as a CSV file."""

from collections.abc import Sequence
from pathlib import Path

from robusttrain.report.csv_file import write_csv
from robusttrain.study.price.places import PHASES
from robusttrain.study.price.prices import Price


def save(made: Sequence[Price], path: Path) -> None:
    """Write the table, phases included, as a CSV file."""
    head = ["row", "passes", "seconds", "first_quartile", "median", "third_quartile", "cpu_seconds",
            "price", "price_cpu", "busiest_rank"]  # fmt: skip
    kinds = ("server", "worker", "beside", "sent")
    head += [f"{kind}_{phase}" for kind in kinds for phase in PHASES]
    rows = []
    for p in made:
        figures = [p.passes, p.seconds, *p.quartiles, p.cpu, p.wall_price, p.cpu_price, p.rank]
        spent = [getattr(p, kind).get(phase, 0.0) for kind in kinds for phase in PHASES]
        rows.append([p.name, *figures, *spent])
    write_csv(path, head, rows)
