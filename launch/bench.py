"""Time the defence's parts by themselves, and a whole step beside plain training.

python launch/bench.py detection                            claims -> verdict, against networkx
python launch/bench.py detection --workers 15 99 --repeat 9
python launch/bench.py aggregators                          rules on vectors, against peers
python launch/bench.py aggregators -n 15 -d 1.1e7 --rules median krum --device cuda
python launch/bench.py honest                               10^5 probes of honest workers, no liar
python launch/bench.py siege                                every strategy of liars against probes
python launch/bench.py sdc                                  silent data corruption: who sees it
python launch/bench.py step                                 a step's price, over torch's DDP
python launch/bench.py step --model resnet18 --image 64 --rows ddp unprobed probe:1 probe:0.1
python launch/bench.py step --model gpt --length 256 --csv price.csv --png price.png
python launch/bench.py predict                             a model of step time, fitted and judged
python launch/bench.py predict --csv a.csv b.csv --judge c.csv --gpus 64 --parameters 7e9
python launch/bench.py rows --model gpt --chunk 4 16       gradients of single tasks, over plain
python launch/bench.py hostile                             20,000 hostile frames against a server
python launch/bench.py survive                             killed ranks and servers, real ones
python launch/bench.py links                               GB/s of a link, TLS against Gloo
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from robusttrain.benchmark import aggregators, detection
from robusttrain.benchmark.hostile import attack, hostile_table
from robusttrain.benchmark.links import links_table
from robusttrain.benchmark.peers import names
from robusttrain.config.arguments import Parser
from robusttrain.config.device import choose_device
from robusttrain.report.output_files import check_outputs
from robusttrain.study.honest import honest_table
from robusttrain.study.predict.machine import Machine
from robusttrain.study.predict.report import Question, verdict
from robusttrain.study.predict.run import measured, stored
from robusttrain.study.price.file import save
from robusttrain.study.price.plot import plot
from robusttrain.study.price.ranks import be_rank
from robusttrain.study.price.rows import DEFAULT, REPLICATION
from robusttrain.study.price.setting import MODELS, Setting, titled
from robusttrain.study.price.sizes import SIZES, sizes_of
from robusttrain.study.price.step import measure
from robusttrain.study.price.table import NOTE, link_note, phase_table, price_table
from robusttrain.study.sdc.table import PRICES, THEORY, sdc_table
from robusttrain.study.siege import siege_tables
from robusttrain.study.survival.survive import PARTS, survive
from robusttrain.study.under import under_table
from robusttrain.study.ways.table import NOTE as NOTE_OF_WAYS
from robusttrain.study.ways.table import ways_table
from robusttrain.study.ways.timing import CLOCKS
from robusttrain.study.ways.trial import Case
from robusttrain.values import check_finite, check_whole


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser(__doc__)
    commands = parser.add_subparsers(required=True, metavar="what")
    add_detection(commands)
    add_aggregators(commands)
    add_honest(commands)
    add_siege(commands)
    add_sdc(commands)
    add_step(commands)
    add_predict(commands)
    add_rows(commands)
    add_hostile(commands)
    add_links(commands)
    add_survive(commands)
    options = parser.parse_args(arguments)
    options.words = sys.argv[1:] if arguments is None else list(arguments)
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


def add_hostile(commands: Any) -> None:
    """The subcommand `hostile`."""
    parser = commands.add_parser("hostile", help="random frames of a hostile rank, over TLS")
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run=send_hostile_frames)


def send_hostile_frames(options: argparse.Namespace, console: Console) -> None:
    check_whole("--frames", options.frames, 1, use=20_000)
    check_whole("--seed", options.seed, 0, use=0)
    console.print(hostile_table(attack(options.frames, options.seed)))


def add_links(commands: Any) -> None:
    """The subcommand `links`."""
    parser = commands.add_parser("links", help="GB/s of a link, TLS against Gloo")
    parser.add_argument("--bytes", type=float, default=1e9, help="that a figure is measured with")
    parser.add_argument("--repeat", type=int, default=5, help="measurements a figure is of")
    parser.set_defaults(run=time_links)


def time_links(options: argparse.Namespace, console: Console) -> None:
    check_finite("--bytes", options.bytes, use="1e9")
    check_whole("--repeat", options.repeat, 1, use=5)
    console.print(links_table(options.bytes, options.repeat))


def add_survive(commands: Any) -> None:
    """The subcommand `survive`."""
    parser = commands.add_parser("survive", help="ranks and servers that are killed, for real")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART",
                        help=", ".join(PARTS))  # fmt: skip
    parser.add_argument("--kills", type=int, default=20, help="of each run")
    parser.add_argument("--seed", type=int, default=0, help="of when the server is killed")
    parser.set_defaults(run=kill)


def kill(options: argparse.Namespace, console: Console) -> None:
    check_whole("--kills", options.kills, 1, use=20)
    check_whole("--seed", options.seed, 0, use=0)
    console.width = max(console.width, 150)
    for shown in survive(options.parts, options.kills, options.seed):
        console.print(shown)


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
    console.width = max(console.width, 150)
    rest = options.steps, options.share, options.checkers, options.longest
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # ranks are lost on purpose
    try:
        for workers in options.workers:
            for table in siege_tables(workers, *rest):
                console.print(table)
    finally:
        logging.disable(before)
    console.print(under_table())


def add_sdc(commands: Any) -> None:
    """The subcommand `sdc`."""
    parser = commands.add_parser("sdc", help="silent data corruption: who sees it?")
    parser.add_argument("--runs", type=int, default=100, help="of flips that happen once")
    parser.add_argument("--cases", type=int, default=12, help="of each fault that comes back")
    parser.add_argument("--steps", type=int, default=120, help="of such a case at most")
    parser.set_defaults(run=corrupt)


def corrupt(options: argparse.Namespace, console: Console) -> None:
    for name in ("runs", "cases", "steps"):
        check_whole(f"--{name}", getattr(options, name), 1, use=10)
    console.width = max(console.width, 170)
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # faults are many, and on purpose
    try:
        console.print(sdc_table(options.runs, options.cases, options.steps))
    finally:
        logging.disable(before)
    console.print(PRICES)
    console.print(THEORY)


def add_step(commands: Any) -> None:
    """The subcommand `step`."""
    parser = commands.add_parser("step", help="a step of training, against torch's DDP")
    parser.add_argument("--model", default="small_cnn", help="resnet18, gpt or small_cnn")
    add_sizes(parser)
    parser.add_argument("--workers", type=int, default=4, metavar="K")
    parser.add_argument("--ranks", type=int, default=2, help="worker ranks")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads a rank")
    parser.add_argument("--batch", type=int, default=64, help="samples a step")
    parser.add_argument("--micro", type=int, default=16, help="samples of a micro-batch")
    parser.add_argument("--steps", type=int, default=10, help="timed steps of a block")
    parser.add_argument("--repeat", type=int, default=3, help="blocks of each row, in turn")
    parser.add_argument("--rows", nargs="+", default=list(DEFAULT), metavar="ROW")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--csv", type=Path, help="also write the numbers to this file")
    parser.add_argument("--png", type=Path, help="also write stacked bars to this file")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=time_step)


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """Options that say how large models are."""
    parser.add_argument("--image", type=int, default=32, help="pixels a side (resnet18)")
    for name, value in (("length", 64), ("width", 64), ("layers", 2)):
        parser.add_argument(f"--{name}", type=int, default=value, help="of gpt")


def sizes_for(model: str, options: argparse.Namespace) -> tuple[str, ...]:
    return sizes_of(model, **{key: getattr(options, key) for key in SIZES})


def setting_of(options: argparse.Namespace) -> Setting:
    keys = ("workers", "ranks", "threads", "batch", "micro", "steps", "repeat")
    return Setting(options.model, sizes_for(options.model, options),
                   *(getattr(options, key) for key in keys),
                   tuple(options.rows), options.device)  # fmt: skip


def time_step(options: argparse.Namespace, console: Console) -> None:
    setting = setting_of(options)
    if options.into:
        be_rank(setting, options.into)
        return
    check_outputs(options.csv, options.png)
    made = measure(setting, Path(__file__), options.words)
    title = titled(setting)
    console.width = max(console.width, 150)
    tables = price_table(made, title, setting.ranks), phase_table(made)
    for shown in (*tables, NOTE, link_note(made, setting.ranks)):
        console.print(shown)
    for path, write in (
        (options.csv, partial(save, setting=setting)),
        (options.png, partial(plot, title=title)),
    ):
        if path:
            write(made, path)
            console.print(f"wrote {path}", highlight=False)


def add_predict(commands: Any) -> None:
    """The subcommand `predict`."""
    parser = commands.add_parser("predict", help="a model of step time, and what it says")
    parser.add_argument("--quick", action="store_true", help="fewer points, less repetition")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the measured CSVs here")
    parser.add_argument("--csv", type=Path, nargs="+", default=[], metavar="FILE",
                        help="of `step --csv`: fit these, measure nothing")  # fmt: skip
    parser.add_argument("--judge", type=Path, nargs="+", default=[], metavar="FILE",
                        help="judge by these; else by every third point of --csv")  # fmt: skip
    parser.add_argument("--gpus", type=int, nargs="+", default=[64, 256, 1024], metavar="W")
    parser.add_argument("--parameters", type=float, nargs="+", default=[1e8, 1e9, 7e9], metavar="D")
    parser.add_argument("--rows", nargs="+", default=["unprobed", "probe:0.1"], metavar="ROW")
    parser.add_argument("--copies", type=int, default=REPLICATION, metavar="r", help="of digests")
    for entry in fields(Machine):
        parser.add_argument(
            f"--{entry.name.replace('_', '-')}", type=float, default=entry.default,
            help=f"assumed: {entry.metadata['help']}",
        )  # fmt: skip
    parser.set_defaults(run=predict)


def predict(options: argparse.Namespace, console: Console) -> None:
    console.width = max(console.width, 150)
    machine = Machine(*(getattr(options, entry.name) for entry in fields(Machine)))
    asked = options.gpus, options.parameters, options.rows, options.copies
    answer = Question(machine, *asked).answer()
    if options.csv or options.judge:
        points = stored(options.csv, options.judge)
    else:
        points = measured(partial(measure_file, console), options.quick, options.keep)
    for shown in (*verdict(*points), *answer):
        console.print(shown)


def measure_file(console: Console, words: Sequence[str], path: Path) -> None:
    """Write what `bench.py step` measures with these words."""
    parser = Parser()
    add_step(parser.add_subparsers())
    setting = setting_of(parser.parse_args(words))
    console.print(f"measuring {titled(setting)}", highlight=False)
    save(measure(setting, Path(__file__), words), path, setting)


def add_rows(commands: Any) -> None:
    """The subcommand `rows`."""
    parser = commands.add_parser("rows", help="gradients of single tasks, over plain passes")
    parser.add_argument("--model", nargs="+", default=list(MODELS), metavar="MODEL")
    add_sizes(parser)
    parser.add_argument("--tasks", type=int, default=16, metavar="N")
    parser.add_argument("--samples", type=int, default=2, metavar="S", help="of each task")
    parser.add_argument("--chunk", type=int, nargs="+", default=[4, 16], metavar="C",
                        help="tasks computed together")  # fmt: skip
    parser.add_argument("--repeat", type=int, default=3, help="calls a figure is the least of")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument(
        "--clock", choices=tuple(CLOCKS), default="wall", help="cpu: for a busy machine"
    )
    parser.set_defaults(run=time_rows)


def time_rows(options: argparse.Namespace, console: Console) -> None:
    check_whole("--threads", options.threads, 1, use=1)
    torch.set_num_threads(options.threads)
    cases = [
        Case(model, sizes_for(model, options), options.tasks, options.samples, chunk)
        for model in options.model
        for chunk in options.chunk
    ]
    device = choose_device(options.device, 0)
    table, refused = ways_table(cases, device, options.repeat, options.clock)
    for line in refused:
        Console(stderr=True).print(line, markup=False)
    console.print(table)
    console.print(NOTE_OF_WAYS)


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
