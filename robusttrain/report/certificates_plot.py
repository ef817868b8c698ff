"""A plot of certificates: the share of tasks forged at worst against the number of liars."""

from pathlib import Path

from robusttrain.report.certificates_compared import ATTACKS, Certificates


def plot_certificates(certificates: Certificates, path: Path) -> None:
    """Write a PNG or whatever the name of `path` says: a line for each scheme.

    A bound is shaded and dashed; left under a vote alone, right under vote and `cover`.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for axis, attack in zip(axes, ("voted", "undetected"), strict=True):
        for name, by_count in certificates.items():
            counts = list(by_count)
            low = [c.fraction(c.attacks[attack]) for c in by_count.values()]
            high = [c.ceiling(c.attacks[attack]) for c in by_count.values()]
            (line,) = axis.plot(counts, low, marker="o", markersize=3, label=name)
            if high != low:
                axis.plot(counts, high, linestyle="--", linewidth=1, color=line.get_color())
                axis.fill_between(counts, low, high, alpha=0.15, color=line.get_color())
        axis.axhline(0.5, color="grey", linewidth=0.8)
        axis.set(xlabel="liars q", title=ATTACKS[attack])
    axes[0].set(ylabel="share of tasks forged at worst", ylim=(0, None))
    axes[0].legend()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
