"""Tables of predictions: constants, held-out points, and machines that are assumed."""

from collections.abc import Sequence
from math import inf

from rich.table import Table

from robusttrain.study.predict.equation import CONSTANTS
from robusttrain.study.predict.fit import Fitted
from robusttrain.study.predict.judge import LIMIT, Judged

UNITS = {
    "flop": "GFLOP/s",
    "call": "us",
    "hop": "us",
    "message": "us",
    "step": "us",
}  # others: GB/s
MEANING = {
    "flop": "matrix products and convolutions", "byte": "bytes that operations write",
    "call": "an operation", "ring": "bytes of DDP's all-reduce", "hop": "a message of it",
    "link": "bytes over the server's link", "message": "a message of the server",
    "digest": "bytes that digests are made of", "rule": "bytes that the rule reads",
    "update": "bytes of the parameters updated", "step": "a step of the server",
}  # fmt: skip


def constants_table(fitted: Fitted, title: str) -> Table:
    """One line a constant, as a rate or a time."""
    table = Table("constant", "of", "", title=title)
    for name, value, known in zip(CONSTANTS, fitted.values, fitted.known, strict=True):
        table.add_row(name, MEANING[name], rate(name, float(value)) if known else "-")
    return table


def rate(name: str, value: float) -> str:
    """A constant in its unit.

    >>> rate("flop", 5e-11), rate("call", 2e-5), rate("link", 0.0)
    ('20 GFLOP/s', '20 us', 'takes no time')
    """
    unit = UNITS.get(name, "GB/s")
    if not value:
        return "takes no time"
    return f"{1e6 * value:.3g} us" if unit == "us" else f"{1e-9 / value:.3g} {unit}"


def judged_table(judged: Sequence[Judged], title: str) -> Table:
    """One line a point."""
    table = Table(title=title)
    for head in ("point", "measured ms", "predicted ms", "error", ""):
        table.add_column(head, justify="left" if head in ("point", "") else "right")
    for point in judged:
        table.add_row(
            point.name, f"{1e3 * point.measured:.3g}", f"{1e3 * point.predicted:.3g}",
            f"{point.error:+.0%}", "" if point.holds else f"beyond {LIMIT:.0%}",
        )  # fmt: skip
    return table


def summary(judged: Sequence[Judged], what: str) -> str:
    """How many points hold, and the largest error."""
    if not judged:
        return f"No points were {what}."
    worst = max(judged, key=lambda point: abs(point.error))
    within = sum(point.holds for point in judged)
    return (
        f"{within} of {len(judged)} points that were {what} are within {LIMIT:.0%}; the largest "
        f"error is {worst.error:+.0%} ({worst.name})."
    )


def count(value: float) -> str:
    """A number of tokens.

    >>> count(16384.0), count(float("inf"))
    ('1.6e+04', 'never')
    """
    return "never" if value == inf else f"{value:.2g}"
