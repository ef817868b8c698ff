"""Harm: how far each attack moves what each rule makes of n vectors, f of them forged.

python launch/harm.py                                       all that there are, 2 minutes
python launch/harm.py --csv harm.csv --png harm.png
python launch/harm.py --rules krum nnm+krum multi_krum:m=20 --attacks alie:z=1.5 reversed

The honest vectors are mu + noise, |mu| = 1; m is their mean and A what a rule makes of them and
the forged ones. `none`: nobody lies. `searched`: the worst of all attacks here, of a grid of
scales along the directions of ALIE, IPM and the sign of m, and of liars who scatter; compare
rules by this alone.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from robusttrain.analysis.harm import SEARCHED, Harm, Scene, Table, compare, fitting
from robusttrain.defense.pipeline import Pipeline

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
FIELDS = ("noise", "attack", "rule", "distance", "relative", "cosine")
VARIANTS = {
    "aggregator": ["nnm+krum", "nnm+median", "nnm+trimmed_mean", "nnm+geometric_median"],
    "attack": ["alie:z=1.5", "inner_product:epsilon=0.1"],
}
TWINS = ("brute",)  # computes what mda does, and takes ten times as long
COLOURS = (0.03, 30.0)


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        run(parse(arguments))
    except InstantiationException as error:
        raise SystemExit(f"error: {error.__cause__ or error}") from error
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=25, help="vectors (default 25)")
    parser.add_argument("--f", type=int, default=5, help="forged, and assumed bad (default 5)")
    parser.add_argument("--size", type=int, default=1000, help="coordinates (default 1000)")
    parser.add_argument(
        "--noise", type=float, nargs="+", default=[1.0, 4.0], help="its norm (default 1 4)"
    )
    parser.add_argument("--seeds", type=int, default=5, help="draws, for the median (default 5)")
    parser.add_argument("--rules", nargs="+", metavar="[PRE+]RULE", help="name:key=value,...")
    parser.add_argument("--attacks", nargs="+", metavar="ATTACK", help="name:key=value,...")
    parser.add_argument("--csv", type=Path, help="also write the numbers to this file")
    parser.add_argument("--png", type=Path, help="also write a heat map to this file")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    check(options)
    n, f = options.n, options.f
    scenes = {
        noise: [Scene.draw(n, f, options.size, noise, seed) for seed in range(options.seeds)]
        for noise in options.noise
    }
    attacks = {text: component("attack", text) for text in options.attacks or all_of("attack")}
    attacks, left = fitting(attacks, next(iter(scenes.values()))[0])
    defences, refused = fit(options.rules or all_of("aggregator"), n, f)
    if not attacks or not defences:
        raise ValueError(f"nothing is left to compare: {left | refused}")
    steps = track(defences.items(), "rules", console=Console(stderr=True), transient=True)
    table = compare(scenes, attacks, steps)
    for noise in scenes:
        title = f"n={n}, f={f}, {options.size} coordinates, noise {noise:g}, {options.seeds} draws"
        show(table, noise, f"|A - m| / |m|, {title}", lambda harm: brief(harm.relative))
        show(table, noise, f"cosine of A and m, {title}", cosine)
    for name, why in (left | refused).items():
        print(f"{name} is left out: {why}")
    if options.csv:
        write_csv(table, options.csv)
    if options.png:
        plot(table, options.png)


def check(options: argparse.Namespace) -> None:
    """Raise ValueError unless the numbers make sense and the files can be written."""
    if not 1 <= options.f <= options.n - 2:
        raise ValueError(f"--f {options.f} must be in 1..n-2 with --n {options.n}")
    for key in ("size", "seeds"):
        if getattr(options, key) < 1:
            raise ValueError(f"--{key} {getattr(options, key)} must be >= 1")
    for noise in options.noise:
        if not 0 <= noise < float("inf"):
            raise ValueError(f"--noise {noise:g} must be >= 0 and finite")
    for path in filter(None, (options.csv, options.png)):
        if not path.resolve().parent.is_dir():
            raise ValueError(f"{path}: there is no folder {path.resolve().parent}; create it")


def all_of(stage: str) -> list[str]:
    """Every choice of a stage, with its defaults and some others."""
    names = sorted(path.stem for path in (CONFIGS / stage).glob("*.yaml"))
    return [name for name in names if name not in TWINS] + VARIANTS[stage]


def component(stage: str, text: str) -> Any:
    """What `name` or `name:key=value,...` describes, by the stage's YAML."""
    name, _, values = text.partition(":")
    path = CONFIGS / stage / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise ValueError(f"{stage}={name} does not exist; choose from {known}")
    described: Any = OmegaConf.load(path)
    described = described if "_target_" in described else described[name]
    given = OmegaConf.from_dotlist(values.split(",") if values else [])
    if unknown := set(given) - set(described):
        keys = ", ".join(k for k in described if k != "_target_") or "none"
        raise ValueError(f"{stage}={name} has no {unknown.pop()}; its parameters: {keys}")
    return instantiate(OmegaConf.merge(described, given), _convert_="all")


def fit(rules: Iterable[str], n: int, f: int) -> tuple[dict[str, Pipeline], dict[str, str]]:
    """The rules that are defined for n and f, and why the others are not."""
    found, refused = {}, {}
    for text in rules:
        *stages, rule = text.split("+")
        parts = component("aggregator", rule), [component("preaggregator", name) for name in stages]
        try:
            found[text] = Pipeline.fit(*parts, n, f)
        except ValueError as error:
            refused[text] = str(error)
    return found, refused


def axes_of(table: Table) -> tuple[list[float], list[str], list[str]]:
    """Noises, attacks, and the rules in the order of `searched` at the last noise."""
    noises, attacks, rules = (list(dict.fromkeys(column)) for column in zip(*table, strict=True))
    return noises, attacks, sorted(rules, key=lambda r: table[noises[-1], SEARCHED, r].relative)


def show(table: Table, noise: float, title: str, cell: Callable[[Harm], str]) -> None:
    _, attacks, rules = axes_of(table)
    grid = Grid(box=None, padding=(0, 1, 0, 0))
    grid.add_column("rule", no_wrap=True)
    for attack in attacks:
        name = attack.replace("_", "_\n").replace(":", ":\n")
        grid.add_column(name, justify="right", no_wrap=True)
    for rule in rules:
        grid.add_row(rule, *(cell(table[noise, attack, rule]) for attack in attacks))
    console = Console() if sys.stdout.isatty() else Console(width=40 + 10 * len(attacks))
    print(title)
    console.print(grid, "")


def brief(value: float) -> str:
    """Three characters or so: 0, .04, 1.2, 31, 6e37."""
    if value < 0.995:
        return f"{value:.2f}".lstrip("0") if value >= 0.005 else "0"
    if value < 999.5:
        return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def cosine(harm: Harm) -> str:
    return f"{round(harm.cosine, 2) + 0.0:.2f}"  # no -0.00


def write_csv(table: Table, path: Path) -> None:
    """One row for each noise, attack and rule."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for key, harm in table.items():
            writer.writerow((*key, harm.distance, harm.relative, harm.cosine))
    print(f"wrote {path}")


def plot(table: Table, path: Path) -> None:
    """|A - m| / |m|, a panel for each noise."""
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
    print(f"wrote {path}")


if __name__ == "__main__":
    torch.set_num_threads(1)  # the vectors are small
    main()
