"""Times the rules and pre-aggregators: passes over memory, extra memory, error, and the peers'."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from math import exp, isnan, log, nan
from statistics import fmean, median
from typing import Any

import torch
from rich.table import Table
from torch import Tensor

from robusttrain.benchmark.measure import extra_bytes, seconds
from robusttrain.benchmark.peers import LIBRARIES, Call, Comparison, comparison, names

WORKERS, SIZES = (8, 15, 25, 51), (1e5, 1e6, 1.1e7)
PROBE, CHECKED = 100_000, 1_000_000
NOTE = f"""\
passes: time over that of vectors.mean(0), each run beside one; median of the ratios. GB/s: of
the n vectors, read once. extra: most memory held beyond the vectors, the result included.
error: relative distance from ours in float64, on at most {CHECKED:.0e} coordinates; where a peer
draws for itself, stops early or defines the rule otherwise, it is large. > : not run, it would
take longer than the limit."""
INSTALL = {
    "byzfl": "pip install -e .[bench]",
    "byzpy": "pip install --no-deps byzpy cloudpickle (it asks for an older torch)",
}


@dataclass(frozen=True)
class Setting:
    """How the calls are timed.

    device: `cpu` or `cuda`.
    repeat: calls that a figure is the median of, >= 1.
    threads: of torch, >= 1.
    limit: seconds that a peer's call gets, > 0.
    clock: `wall`, or `cpu` for one thread on a busy machine.
    ValueError: a number out of range, or `cuda` where torch sees none.
    """

    device: str
    repeat: int
    threads: int
    limit: float
    clock: str

    def __post_init__(self) -> None:
        for name in ("repeat", "threads", "limit"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)} must be > 0")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ValueError("device=cuda, but torch sees no CUDA device; use device=cpu")


@dataclass(frozen=True)
class Figures:
    """What one call costs; nan where it is not known.

    seconds: of the call. passes: its time over that of vectors.mean(0).
    extra: bytes held beyond the vectors. error: relative distance from ours in float64.
    """

    seconds: float
    passes: float
    extra: float
    error: float


def aggregator_tables(
    workers: Sequence[int], sizes: Sequence[int], rules: Sequence[str], setting: Setting
) -> Iterator[tuple[Table, list[str]]]:
    """A table for each n of `workers` and d of `sizes`, and why a rule has no figures in it.

    rules: of `names()`. ValueError: an unknown rule, n < 1 or d < 1.
    """
    if min(workers) < 1 or min(sizes) < 1:
        raise ValueError(f"workers and size must be >= 1; got {workers}, {sizes}")
    if unknown := sorted(set(rules) - set(names())):
        raise ValueError(f"there is no rule {', '.join(unknown)}; there are {', '.join(names())}")
    torch.set_num_threads(setting.threads)
    for n in workers:
        for size in sizes:
            yield aggregator_table(n, size, rules, setting)


def missing_libraries() -> list[str]:
    """A line for each peer that is not installed, with the remedy."""
    missing = [library for library in LIBRARIES if find_spec(library) is None]
    return [f"{library} is not installed: {INSTALL[library]}" for library in missing]


def aggregator_table(
    n: int, size: int, rules: Sequence[str], setting: Setting
) -> tuple[Table, list[str]]:
    """All rules on the same n standard normal vectors of `size` coordinates; what is refused."""
    generator = torch.Generator().manual_seed(0)
    vectors = torch.empty(n, size).normal_(generator=generator).to(setting.device)
    table = Table(title=f"n={n}, d={size:.2g}, {setting.device}, {setting.threads} threads")
    for head in ("rule", "by", "ms", "passes", "GB/s", "extra MB", "error", "/ ours"):
        table.add_column(head, justify="left" if head in ("rule", "by") else "right")
    gains: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    refused = []
    for name in rules:
        try:
            rule = comparison(name, n, size)
        except ValueError as error:
            table.add_row(name, "ours", *["-"] * 6)
            refused.append(f"{name}: {error}")
            continue
        own = nan
        for by, figures in results(rule, vectors, setting):
            own = figures.seconds if by == "ours" else own
            ratio = figures.seconds / own
            if by != "ours" and not isnan(ratio):
                gains[by].append(ratio)
            cost = cells(figures, vectors, setting.limit)
            table.add_row(name, by, *cost, shown(ratio, "{:.2g}x"))
    means = [f"{by} {exp(fmean(map(log, r))):.2g}x over {len(r)}" for by, r in gains.items() if r]
    table.caption = f"geometric mean of times over ours: {', '.join(means)}" if means else None
    return table, refused


def cells(figures: Figures, vectors: Tensor, limit: float) -> list[str]:
    """As text; a call that was not run is longer than the limit."""
    if isnan(figures.seconds):
        return [f"> {1e3 * limit:.3g}", *["-"] * 4]
    read = vectors.numel() * vectors.element_size() / figures.seconds / 1e9
    return [
        f"{1e3 * figures.seconds:.3g}",
        f"{figures.passes:.2f}",
        f"{read:.3g}",
        shown(figures.extra / 1e6, "{:.0f}"),
        shown(figures.error, "{:.0e}"),
    ]


def shown(value: float, form: str) -> str:
    return "-" if isnan(value) else form.format(value)


def results(rule: Comparison, vectors: Tensor, setting: Setting) -> Iterator[tuple[str, Figures]]:
    """("ours", figures), then each library's."""
    narrow = vectors[:, : min(vectors.shape[1], CHECKED)].contiguous()
    exact = output(rule.ours, narrow.double())
    yield "ours", figures_of(lambda: rule.ours, vectors, narrow, exact, False, setting)
    probe = vectors[:, : min(vectors.shape[1], PROBE)].contiguous()
    growth = vectors.shape[1] / probe.shape[1]
    for library, make in rule.peers.items():
        once = [seconds(partial(make(), probe.clone()), setting.device) for _ in range(2)]
        if min(once) * growth > setting.limit:
            yield library, Figures(nan, nan, nan, nan)
        else:
            yield library, figures_of(make, vectors, narrow, exact, rule.overwrites, setting)


def figures_of(
    make: Callable[[], Call],
    vectors: Tensor,
    narrow: Tensor,
    exact: Tensor | None,
    overwrites: bool,
    setting: Setting,
) -> Figures:
    """Time make()(vectors) and vectors.mean(0) in turns; the first turn does not count."""
    times, ratios, device = [], [], setting.device

    def call() -> Callable[[], Any]:
        return partial(make(), vectors.clone() if overwrites else vectors)

    for turn in range(setting.repeat + 1):
        run = call()
        base = seconds(lambda: vectors.mean(0), device, setting.clock)
        spent = seconds(run, device, setting.clock)
        if turn:
            times.append(spent)
            ratios.append(spent / base)
    extra = extra_bytes(call(), device)
    error = distance(output(make(), narrow.clone()), exact)
    return Figures(median(times), median(ratios), extra, error)


def output(call: Call, vectors: Tensor) -> Tensor | None:
    """What comes out as one float64 tensor, draws being those of seed 0; None if it fails."""
    torch.manual_seed(0)
    try:
        out: Tensor = call(vectors)
    except (RuntimeError, ValueError, TypeError):
        return None
    return out.double()


def distance(result: Tensor | None, exact: Tensor | None) -> float:
    """|result - exact| / |exact|; nan if either is missing or they differ in shape."""
    if result is None or exact is None or result.shape != exact.shape:
        return nan
    return float((result - exact).norm() / exact.norm())
