"""Measure how far each attack moves what each rule makes of n vectors, f of them forged.

python launch/harm.py                                       all that there are, 2 minutes
python launch/harm.py --csv harm.csv --png harm.png
python launch/harm.py --rules krum nnm+krum multi_krum:m=20 --attacks alie:z=1.5 reversed

The honest vectors are mu + noise, |mu| = 1; m is their mean and A what a rule makes of them and
the forged ones. `none`: nobody forges. `searched`: the worst of all attacks here, of a grid of
scales along the directions of ALIE, IPM and the sign of m, and of workers that scatter; compare
rules by this alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from robusttrain.config.arguments import Parser
from robusttrain.report.harm import Setting, measure, plot, save, show
from robusttrain.report.output_files import check_outputs


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        run(parse(arguments))
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
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
    setting = Setting(options.n, options.f, options.size, options.noise, options.seeds)
    table, left_out = measure(setting, options.rules, options.attacks)
    show(table, setting)
    for name, reason in left_out.items():
        print(f"{name} is left out: {reason}")
    for path, write in ((options.csv, save), (options.png, plot)):
        if path:
            write(table, path)
            print(f"wrote {path}")


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
    check_outputs(options.csv, options.png)


if __name__ == "__main__":
    torch.set_num_threads(1)  # the vectors are small
    main()
