"""Promises of a table: cells whose means are near that of another, seed by seed."""

from collections.abc import Sequence
from statistics import fmean

from robusttrain.report.seeds import spread
from robusttrain.study.figures import Figure
from robusttrain.study.grid import Grid
from robusttrain.study.paired import values


def broken_promises(grid: Grid, figures: Sequence[Figure]) -> list[str]:
    """The cells whose mean is farther from that of the cell promised than it may, a line each.

    Over the seeds that both have.
    """
    lines, measure = [], grid.shows[0]
    for promise in grid.promises:
        beside = promise["row"], promise["column"]
        for row, column in grid.places():
            for step in sorted({f.step for f in figures}) if column in promise["columns"] else ():
                ours = values(figures, (row, column), step, measure)
                base = values(figures, beside, step, measure)
                gaps = [ours[seed] - base[seed] for seed in ours if seed in base]
                if gaps and not abs(fmean(gaps)) <= promise["within"]:
                    lines.append(
                        f"{row}, {column}, step {step}: {measure} is {spread(gaps, '{:+.3f}')} "
                        f"from {', '.join(beside)}; promised within {promise['within']}"
                    )
    return lines
