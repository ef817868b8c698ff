"""Time the rules and pre-aggregators: passes over memory, extra memory, error, and the peers'."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from math import exp, isnan, log
from statistics import fmean, median
from typing import Any

import torch
from benches.measure import extra_bytes, seconds
from benches.peers import LIBRARIES, Call, Contestant, contestant, names
from rich.console import Console
from rich.table import Table
from torch import Tensor

WORKERS, SIZES = (8, 15, 25, 51), (1e5, 1e6, 1.1e7)
PROBE, CHECKED = 100_000, 1_000_000
NOTE = """\
passes: time over that of vectors.mean(0), each run beside one; median of the ratios. GB/s: of
the n vectors, read once. extra: most memory held beyond the vectors, the result included.
error: relative distance from ours in float64, on at most {checked:.0e} coordinates; where a peer
draws for itself, stops early or defines the rule otherwise, it is large. > : not run, it would
take longer than --limit."""


@dataclass(frozen=True)
class Figures:
    """What one call costs: s, times vectors.mean(0), bytes; nan where it is not known."""

    seconds: float
    passes: float
    extra: float
    error: float


def add_options(commands: Any) -> None:
    """The subcommand `aggregators`."""
    parser = commands.add_parser("aggregators", help="rules on vectors [n, d], against peers")
    parser.add_argument("-n", "--workers", type=int, nargs="+", default=WORKERS, metavar="n")
    parser.add_argument("-d", "--size", type=float, nargs="+", default=SIZES, metavar="d")
    parser.add_argument(
        "--rules", nargs="+", default=names(), metavar="rule", help="names of files"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--repeat", type=int, default=5, help="calls a figure is the median of")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--limit", type=float, default=60.0, help="seconds that a peer's call gets")
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="cpu: for one thread, busy machine"
    )
    parser.set_defaults(run=time_aggregators)


INSTALL = {
    "byzfl": "pip install -e .[bench]",
    "byzpy": "pip install --no-deps byzpy cloudpickle (it asks for an older torch)",
}


def time_aggregators(options: argparse.Namespace) -> None:
    """One table per n and d: a row for each rule, ours and the peers'."""
    refuse(options)
    torch.set_num_threads(options.threads)
    console = Console()
    console.width = max(console.width, 110)
    missing = [library for library in LIBRARIES if find_spec(library) is None]
    for n in options.workers:
        for size in map(int, options.size):
            console.print(table(n, size, options))
    console.print(NOTE.format(checked=CHECKED))
    for library in missing:
        console.print(f"{library} is not installed: {INSTALL[library]}", markup=False)


def refuse(options: argparse.Namespace) -> None:
    """Raise ValueError, with the remedy, for options that cannot be."""
    for name in ("repeat", "threads", "limit"):
        if not getattr(options, name) > 0:
            raise ValueError(f"--{name}={getattr(options, name)} must be > 0")
    if min(options.workers) < 1 or min(options.size) < 1:
        raise ValueError(
            f"--workers and --size must be >= 1; got {options.workers}, {options.size}"
        )
    if unknown := sorted(set(options.rules) - set(names())):
        raise ValueError(f"there is no rule {', '.join(unknown)}; there are {', '.join(names())}")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device=cuda, but torch sees no CUDA device; use --device=cpu")


def table(n: int, size: int, options: argparse.Namespace) -> Table:
    """All rules on the same n standard normal vectors of `size` coordinates."""
    vectors = torch.randn(n, size, generator=torch.Generator().manual_seed(0)).to(options.device)
    found = Table(title=f"n={n}, d={size:.2g}, {options.device}, {options.threads} threads")
    for head in ("rule", "by", "ms", "passes", "GB/s", "extra MB", "error", "/ ours"):
        found.add_column(head, justify="left" if head in ("rule", "by") else "right")
    gains: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    for name in options.rules:
        try:
            rule = contestant(name, n, size)
        except ValueError as error:
            found.add_row(name, "ours", *["-"] * 6)
            Console(stderr=True).print(f"{name}: {error}", markup=False)
            continue
        mine = float("nan")
        for by, figures in results(rule, vectors, options):
            mine = figures.seconds if by == "ours" else mine
            ratio = figures.seconds / mine
            if by != "ours" and not isnan(ratio):
                gains[by].append(ratio)
            found.add_row(
                name, by, *cells(figures, vectors, options.limit), shown(ratio, "{:.2g}x")
            )
    means = [f"{by} {exp(fmean(map(log, r))):.2g}x over {len(r)}" for by, r in gains.items() if r]
    found.caption = f"geometric mean of times over ours: {', '.join(means)}" if means else None
    return found


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


def results(
    rule: Contestant, vectors: Tensor, options: argparse.Namespace
) -> Iterator[tuple[str, Figures]]:
    """("ours", figures), then each library's."""
    narrow = vectors[:, : min(vectors.shape[1], CHECKED)].contiguous()
    exact = output(rule.ours, narrow.double())
    yield "ours", figures_of(lambda: rule.ours, vectors, narrow, exact, False, options)
    probe = vectors[:, : min(vectors.shape[1], PROBE)].contiguous()
    growth = vectors.shape[1] / probe.shape[1]
    for library, make in rule.peers.items():
        once = [seconds(partial(make(), probe.clone()), options.device) for _ in range(2)]
        if min(once) * growth > options.limit:
            yield library, Figures(*[float("nan")] * 4)
        else:
            yield library, figures_of(make, vectors, narrow, exact, rule.spoils, options)


def figures_of(
    make: Any,
    vectors: Tensor,
    narrow: Tensor,
    exact: Tensor | None,
    spoils: bool,
    options: argparse.Namespace,
) -> Figures:
    """Time make()(vectors) and vectors.mean(0) in turns; the first turn does not count."""
    times, ratios, device = [], [], options.device

    def call() -> Any:
        return partial(make(), vectors.clone() if spoils else vectors)

    for turn in range(options.repeat + 1):
        run = call()
        base = seconds(lambda: vectors.mean(0), device, options.clock)
        spent = seconds(run, device, options.clock)
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


def distance(found: Tensor | None, exact: Tensor | None) -> float:
    """||found - exact|| / ||exact||; nan if either is missing or they differ in shape."""
    if found is None or exact is None or found.shape != exact.shape:
        return float("nan")
    return float((found - exact).norm() / exact.norm())
