"""Time the defence's parts by themselves, without a model or processes.

python launch/bench.py detection                            claims -> verdict, against networkx
python launch/bench.py detection --workers 15 99 --repeat 9
python launch/bench.py aggregators                          rules on vectors, against peers
python launch/bench.py aggregators -n 15 -d 1.1e7 --rules median krum --device cuda
python launch/bench.py honest                               10^5 probes of honest workers, no liar
python launch/bench.py siege                                every strategy of liars against probes
"""

import argparse
from collections.abc import Sequence
from typing import Any

import torch
from rich.console import Console

from robusttrain.benchmark import aggregators, detection
from robusttrain.benchmark.peers import names
from robusttrain.config.arguments import Parser
from robusttrain.study.honest import honest_table
from robusttrain.study.siege import siege_table
from robusttrain.values import check_finite


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser(__doc__)
    commands = parser.add_subparsers(required=True, metavar="what")
    add_detection(commands)
    add_aggregators(commands)
    add_honest(commands)
    add_siege(commands)
    options = parser.parse_args(arguments)
    console = Console()
    console.width = max(console.width, 110)
    try:
        options.run(options, console)
    except ValueError as error:
        raise SystemExit(f"error: {error}") from error


def add_detection(commands: Any) -> None:
    """The subcommand `detection`."""
    parser = commands.add_parser("detection", help="claims -> verdict, against networkx")
    parser.add_argument("--workers", type=int, nargs="+", default=detection.WORKERS, metavar="K")
    parser.add_argument("--repeat", type=int, default=5, help="steps a figure is the median of")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds that networkx gets")
    parser.add_argument("--largest", type=int, default=99, help="K up to which networkx is timed")
    parser.set_defaults(run=time_detection)


def add_aggregators(commands: Any) -> None:
    """The subcommand `aggregators`."""
    parser = commands.add_parser("aggregators", help="rules on vectors [n, d], against peers")
    parser.add_argument(
        "-n", "--workers", type=int, nargs="+", default=aggregators.WORKERS, metavar="n"
    )
    parser.add_argument(
        "-d", "--size", type=float, nargs="+", default=aggregators.SIZES, metavar="d"
    )
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


def add_honest(commands: Any) -> None:
    """The subcommand `honest`."""
    parser = commands.add_parser("honest", help="are honest workers ever convicted by probes?")
    parser.add_argument("--workers", type=int, default=31, metavar="K")
    parser.add_argument("--checkers", type=int, default=4, metavar="c")
    parser.add_argument("--steps", type=int, default=810)
    parser.set_defaults(run=check_the_honest)


def check_the_honest(options: argparse.Namespace, console: Console) -> None:
    console.print(honest_table(options.workers, options.checkers, options.steps))


def add_siege(commands: Any) -> None:
    """The subcommand `siege`."""
    parser = commands.add_parser("siege", help="what do liars get past probes?")
    parser.add_argument("--workers", type=int, nargs="+", default=[7, 15, 31], metavar="K")
    parser.add_argument("--steps", type=int, default=100_000, help="for each K, all runs together")
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--checkers", type=int, default=1, metavar="c")
    parser.add_argument("--longest", type=int, default=200, help="steps of a run at most")
    parser.set_defaults(run=lay_siege)


def lay_siege(options: argparse.Namespace, console: Console) -> None:
    rest = options.steps, options.share, options.checkers, options.longest
    for workers in options.workers:
        console.print(siege_table(workers, *rest))


def time_detection(options: argparse.Namespace, console: Console) -> None:
    given = options.workers, options.repeat, options.limit, options.largest
    console.print(detection.detection_table(*given))
    console.print(detection.NOTE.format(limit=options.limit))


def time_aggregators(options: argparse.Namespace, console: Console) -> None:
    setting = aggregators.Setting(
        options.device, options.repeat, options.threads, options.limit, options.clock
    )
    for size in options.size:
        check_finite("--size", size, use="1e5")
    sizes = [int(size) for size in options.size]
    for table, refused in aggregators.aggregator_tables(
        options.workers, sizes, options.rules, setting
    ):
        for line in refused:
            Console(stderr=True).print(line, markup=False)
        console.print(table)
    console.print(aggregators.NOTE)
    for line in aggregators.missing_libraries():
        console.print(line, markup=False)


if __name__ == "__main__":
    main()
