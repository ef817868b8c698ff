"""The harm of each attack to each rule: measured, printed as tables, drawn as a heat map."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from robusttrain.analysis.harm import SEARCHED, Harm, Table, compare
from robusttrain.analysis.scene import Scene, fitting
from robusttrain.config.choices import choices, component
from robusttrain.defense.pipeline import Pipeline
from robusttrain.names import counted
from robusttrain.report.csv_file import write_csv

FIELDS = ("noise", "attack", "rule", "distance", "relative", "cosine")
VARIANTS = {
    "aggregator": ["nnm+krum", "nnm+median", "nnm+trimmed_mean", "nnm+geometric_median"],
    "attack": ["alie:z=1.5", "inner_product:epsilon=0.1"],
}
# What mda computes, in ten times its time; and a callable, the median unless one is given.
LEFT_OUT = ("brute", "foreign")
COLOURS = (0.03, 30.0)


@dataclass(frozen=True)
class Setting:
    """What is drawn.

    n: number of vectors.
    f: number of forged ones, and what the rules assume; 1 <= f <= n - 2.
    size: number of coordinates, >= 1.
    noises: norms of the honest noise, >= 0, where the mean has norm 1.
    seeds: number of draws, >= 1.
    """

    n: int
    f: int
    size: int
    noises: Sequence[float]
    seeds: int

    def scenes(self) -> dict[float, list[Scene]]:
        """By noise, one for each seed."""
        return {
            noise: [Scene.draw(self.n, self.f, self.size, noise, s) for s in range(self.seeds)]
            for noise in self.noises
        }


def measure(
    setting: Setting, rules: Iterable[str] | None = None, attacks: Iterable[str] | None = None
) -> tuple[Table, dict[str, str]]:
    """The table, and why an attack or a rule is left out of it, by its name.

    rules: `[preaggregator+]rule`, each as name or name:key=value,...; None: all.
    attacks: name or name:key=value,...; None: all.
    ValueError: an unknown name or parameter, or nothing is left to compare.
    """
    scenes = setting.scenes()
    made = {text: component("attack", text) for text in attacks or all_of("attack")}
    fit, left_out = fitting(made, next(iter(scenes.values()))[0])
    pipelines, refused = pipelines_of(rules or all_of("aggregator"), setting.n, setting.f)
    left_out |= refused
    if not fit or not pipelines:
        raise ValueError(f"nothing is left to compare: {left_out}")
    steps = track(pipelines.items(), "rules", console=Console(stderr=True), transient=True)
    return compare(scenes, fit, steps), left_out


def all_of(stage: str) -> list[str]:
    """Every choice of a stage, with its defaults and some others."""
    return [name for name in choices(stage) if name not in LEFT_OUT] + VARIANTS[stage]


def pipelines_of(
    rules: Iterable[str], n: int, f: int
) -> tuple[dict[str, Pipeline], dict[str, str]]:
    """The rules that are defined for n and f, and why the others are not, by their texts."""
    pipelines, refused = {}, {}
    for text in rules:
        *before, last = text.split("+")
        rule = component("aggregator", last)
        if getattr(rule, "trusted_worker", 0) is None:
            rule = replace(rule, trusted_worker=0)  # the first are honest
        stages = [component("preaggregator", name) for name in before]
        try:
            pipelines[text] = Pipeline.fit(rule, stages, n, f)
            pipelines[text].check_workers(np.arange(n))
        except ValueError as error:
            refused[text] = str(error)
    return pipelines, refused


def axes_of(table: Table) -> tuple[list[float], list[str], list[str]]:
    """Noises, attacks, and the rules in the order of `searched` at the last noise."""
    noises, attacks, rules = (list(dict.fromkeys(column)) for column in zip(*table, strict=True))
    return noises, attacks, sorted(rules, key=lambda r: table[noises[-1], SEARCHED, r].relative)


def show(table: Table, setting: Setting) -> None:
    """Print two tables for each noise: |A - m| / |m|, and the cosine of A and m."""
    drawn = f"n={setting.n}, f={setting.f}, {counted(setting.size, 'coordinate')}"
    for noise in axes_of(table)[0]:
        title = f"{drawn}, noise {noise:g}, {counted(setting.seeds, 'draw')}"
        grid(table, noise, f"|A - m| / |m|, {title}", lambda harm: brief(harm.relative))
        grid(table, noise, f"cosine of A and m, {title}", cosine)


def grid(table: Table, noise: float, title: str, cell: Callable[[Harm], str]) -> None:
    """Print the harms of one noise: a line for each rule, a column for each attack."""
    _, attacks, rules = axes_of(table)
    lines = Grid(box=None, padding=(0, 1, 0, 0))
    lines.add_column("rule", no_wrap=True)
    for attack in attacks:
        name = attack.replace("_", "_\n").replace(":", ":\n")
        lines.add_column(name, justify="right", no_wrap=True)
    for rule in rules:
        lines.add_row(rule, *(cell(table[noise, attack, rule]) for attack in attacks))
    console = Console() if sys.stdout.isatty() else Console(width=40 + 10 * len(attacks))
    print(title)
    console.print(lines, "")


def brief(value: float) -> str:
    """Three characters or so: 0, .04, 1.2, 31, 6e37."""
    if value < 0.995:
        return f"{value:.2f}".lstrip("0") if value >= 0.005 else "0"
    if value < 999.5:
        return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def cosine(harm: Harm) -> str:
    """Two digits, never -0.00."""
    return f"{round(harm.cosine, 2) + 0.0:.2f}"


def save(table: Table, path: Path) -> None:
    """Write a CSV file with one row for each noise, attack and rule."""
    rows = [(*key, harm.distance, harm.relative, harm.cosine) for key, harm in table.items()]
    write_csv(path, FIELDS, rows)


def plot(table: Table, path: Path) -> None:
    """Draw |A - m| / |m| as a heat map, with a panel for each noise."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import colors, pyplot

    noises, attacks, rules = axes_of(table)
    size = (2.5 + 0.42 * len(attacks) * len(noises), 2 + 0.26 * len(rules))
    figure, panels = pyplot.subplots(
        1, len(noises), figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    for axis, noise in zip(panels[0], noises, strict=True):
        values = [[table[noise, attack, rule].relative for attack in attacks] for rule in rules]
        shades = [[min(max(v, COLOURS[0]), COLOURS[1]) for v in row] for row in values]
        image = axis.imshow(shades, norm=colors.LogNorm(*COLOURS), cmap="YlOrRd", aspect="auto")
        for y, row in enumerate(values):
            for x, value in enumerate(row):
                colour = "white" if value > 3 else "black"
                axis.text(x, y, brief(value), ha="center", va="center", size=6.5, color=colour)
        axis.set_xticks(range(len(attacks)), attacks, rotation=90)
        axis.set_yticks(range(len(rules)), rules)
        axis.set_title(f"honest noise {noise:g}")
    figure.colorbar(image, ax=panels[0].tolist(), label="|A - m| / |m|", extend="both", pad=0.01)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
