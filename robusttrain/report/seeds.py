"""Means over seeds: runs that differ only in their seed are one row."""

from collections.abc import Sequence
from statistics import fmean, stdev

from robusttrain.report.runs import Row, Run, measures_of, telling

NOT_COMPARED = {"label", "seed", "defense.secret"}  # a name, and what names the random streams

Values = dict[str, float]  # seed -> what was measured


def means(runs: Sequence[Run]) -> list[Row]:
    """A row for each configuration; none if there is no configuration of several seeds.

    Of each measure: mean +- standard error over the seeds of the finished runs; with a number in
    brackets where not every seed of the configuration has it. Runs that repeat a seed count once,
    with their mean. If all configurations that have values have them for the same seeds, the
    column "vs the first" is the mean of the differences to the first of them, seed by seed, with
    its standard error: what the configurations have in common under a seed cancels.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(sorted(compared(run.settings).items())), []).append(run)
    if all(len(seeds_of(group)) < 2 for group in groups.values()):
        return []
    settings = [compared(group[0].settings) for group in groups.values()]
    shown = telling(settings) or ["aggregator"]
    rows = [
        {k: s.get(k, "-") for k in shown}
        | {"steps": s["steps"], "seeds": str(len(seeds_of(group)))}
        for s, group in zip(settings, groups.values(), strict=True)
    ]
    for measure in measures_of(runs):
        columns = [by_seed(group, measure) for group in groups.values()]
        for row, values in zip(rows, columns, strict=True):
            few = f" ({len(values)})" if len(values) < int(row["seeds"]) else ""
            row[measure] = spread(list(values.values()), "{:.4g}") + few
        some = [values for values in columns if values]
        if len(some) > 1 and len(some[0]) > 1 and all(v.keys() == some[0].keys() for v in some):
            for row, values in zip(rows, columns, strict=True):
                row[f"{measure} vs the first"] = difference(values, some[0])
    return rows


def compared(settings: Row) -> Row:
    """The settings of which each makes another configuration."""
    return {k: v for k, v in settings.items() if k not in NOT_COMPARED}


def seeds_of(group: Sequence[Run]) -> set[str]:
    """The seeds of its runs, whether or not they finished."""
    return {run.settings["seed"] for run in group}


def by_seed(group: Sequence[Run], measure: str) -> Values:
    """Seed -> the mean of what its finished runs measured."""
    values: dict[str, list[float]] = {}
    for run in group:
        value = run.measures.get(measure)
        if run.outcome == "finished" and value is not None:
            values.setdefault(run.settings["seed"], []).append(value)
    return {seed: fmean(several) for seed, several in values.items()}


def difference(values: Values, first: Values) -> str:
    """Mean +- standard error of the differences, seed by seed; "-" for the first, or no values."""
    if values is first:
        return "-"
    return spread([value - first[seed] for seed, value in values.items()], "{:+.4g}")


def spread(values: Sequence[float], form: str) -> str:
    """Mean +- standard error (ddof = 1) of the mean; "-" for no values.

    >>> spread([0.5, 0.7], "{:.4g}")
    '0.6 ± 0.1'
    """
    if not values:
        return "-"
    mean = form.format(fmean(values))
    if len(values) == 1:
        return mean
    return f"{mean} ± {stdev(values) / len(values) ** 0.5:.2g}"
