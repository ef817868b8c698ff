"""Means over paired seeds as a Markdown table, and how they differ from the stored ones."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, variance

from robusttrain.names import counted
from robusttrain.report.seeds import spread
from robusttrain.report.table import as_markdown
from robusttrain.study.figures import Figure
from robusttrain.study.grid import MEASURES, Grid

FAR = 3.0  # standard errors of a difference of means, where bits may differ
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


def differences(grid: Grid, now: Sequence[Figure], stored: Sequence[Figure]) -> list[str]:
    """Where these figures are not the stored ones, a line each.

    Of the same overrides on the same hardware, with an integer `defense.secret`, every bit is the
    same, and any difference is one. Else means over the seeds that both have are compared: they
    differ if they are more than `FAR` standard errors of their difference apart.
    """
    known = {f.place: f for f in stored}
    pairs = [(f, known[f.place]) for f in now if f.place in known]
    lines = [
        f"{spot(new)}: the overrides are others than those stored"
        for new, old in pairs
        if new.words != old.words
    ]
    pairs = [(new, old) for new, old in pairs if new.words == old.words]
    secret = {c: grid.repeats(c) for c in grid.places()}
    exact = [p for p in pairs if secret[p[0].row, p[0].column] and p[0].hardware == p[1].hardware]
    lines += [
        f"{spot(new)}: {name} {new.measures[name]!r}, stored {old.measures[name]!r}"
        for new, old in exact
        for name in MEASURES
        if repr(new.measures[name]) != repr(old.measures[name])
    ]
    return lines + list(far_apart([pair for pair in pairs if pair not in exact]))


def spot(figure: Figure) -> str:
    """Where a figure stands, in words."""
    return f"{figure.row}, {figure.column}, seed {figure.seed}, step {figure.step}"


def far_apart(pairs: Sequence[tuple[Figure, Figure]]) -> Iterator[str]:
    """A line for each mean of the first of the pairs that is far from that of the second."""
    cells: dict[tuple[str, str, int], list[tuple[Figure, Figure]]] = {}
    for new, old in pairs:
        cells.setdefault((new.row, new.column, new.step), []).append((new, old))
    for (row, column, step), several in cells.items():
        for name in MEASURES:
            ours, theirs = ([pair[i].measures[name] for pair in several] for i in (0, 1))
            gap, error = abs(fmean(ours) - fmean(theirs)), math.hypot(sem(ours), sem(theirs))
            if len(several) > 1 and gap > FAR * error:
                mean, stored = (spread(v, MEASURES[name]) for v in (ours, theirs))
                yield f"{row}, {column}, step {step}: {name} {mean}, stored {stored}"


def sem(sample: Sequence[float]) -> float:
    """Standard error (ddof = 1) of the mean; 0 for one value."""
    return math.sqrt(variance(sample) / len(sample)) if len(sample) > 1 else 0.0


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
