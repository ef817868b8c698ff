"""The price table as stacked bars: seconds of a step by phase."""

from collections.abc import Sequence
from pathlib import Path

from robusttrain.study.price.places import PHASES
from robusttrain.study.price.prices import Price


def plot(made: Sequence[Price], path: Path, title: str) -> None:
    """Write an image: a bar for each row, left of the server, right of the busiest worker rank.

    path: its ending says the format.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    colours = pyplot.get_cmap("tab20")
    figure, axes = pyplot.subplots(
        1, 2, figsize=(11, 1 + 0.4 * len(made)), sharey=True, layout="constrained"
    )
    names = [price.name for price in made]
    for axis, side in zip(axes, ("server", "worker"), strict=True):
        left = [0.0] * len(made)
        for number, phase in enumerate(PHASES):
            widths = [getattr(price, side).get(phase, 0.0) for price in made]
            axis.barh(names, widths, left=left, label=phase, color=colours(number))
            left = [a + b for a, b in zip(left, widths, strict=True)]
        axis.set(xlabel="seconds of a mean step", title="server" if side == "server" else
                 "busiest worker rank")  # fmt: skip
    axes[0].invert_yaxis()
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.suptitle(title)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
