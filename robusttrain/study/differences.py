"""Where the figures of a table are not the stored ones."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, variance

from robusttrain.report.seeds import spread
from robusttrain.study.cell import MEASURES
from robusttrain.study.figures import Figure
from robusttrain.study.grid import Grid

FAR = 3.0  # standard errors of a difference of means, where bits may differ


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
