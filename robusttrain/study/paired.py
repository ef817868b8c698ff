"""Means over paired seeds as a Markdown table."""

from collections.abc import Sequence
from statistics import fmean

from robusttrain.names import counted
from robusttrain.report.seeds import spread
from robusttrain.report.table import as_markdown
from robusttrain.study.cell import MEASURES
from robusttrain.study.figures import Figure
from robusttrain.study.grid import Grid

Values = dict[int, float]  # seed -> what was measured


def values(figures: Sequence[Figure], place: tuple[str, str], step: int, measure: str) -> Values:
    """What a cell has measured after a step, seed by seed, in ascending order."""
    return {
        f.seed: f.measures[measure]
        for f in sorted(figures, key=lambda f: f.seed)
        if (f.row, f.column) == place and f.step == step
    }


def markdown(grid: Grid, figures: Sequence[Figure]) -> str:
    """Rows by columns; a row for each step if the table is measured at several."""
    steps = sorted({f.step for f in figures})
    lines = []
    for row in grid.rows:
        of_row = [s for s in steps if any(f.row == row and f.step == s for f in figures)]
        for step in of_row or steps[:1]:
            label = {"": row} | ({"step": str(step)} if grid.at else {})
            cells = {c: shown(grid, figures, (row, c), step) for c in grid.columns}
            lines.append(label | cells)
    return as_markdown(lines) if lines else "no cell has run yet"


def shown(grid: Grid, figures: Sequence[Figure], place: tuple[str, str], step: int) -> str:
    """A cell: mean +- standard error of the first measure, means of the others in brackets."""
    if place not in grid.places():
        return ""
    first, *others = (values(figures, place, step, name) for name in grid.shows)
    if not first:
        return "-"
    text = spread(list(first.values()), MEASURES[grid.shows[0]])
    means = [
        MEASURES[name].format(fmean(other.values()))
        for name, other in zip(grid.shows[1:], others, strict=True)
    ]
    few = f" [{counted(len(first), 'seed')}]" if len(first) < len(grid.seeds) else ""
    return text + (f" ({', '.join(means)})" if means else "") + few
