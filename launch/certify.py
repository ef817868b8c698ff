"""Say what an assignment guarantees against q liars, whoever they are, before a run.

python launch/certify.py assignment=subset workers=15 byzantine=5
python launch/certify.py assignment=mols workers=21 byzantine=6 audit.random=2
python launch/certify.py --compare workers=15 assignment.replication=3 --csv table.csv
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from robusttrain.config.arguments import Parser, parse_with_overrides
from robusttrain.config.compose import compose
from robusttrain.config.keys import check_keys
from robusttrain.config.resolved import resolved
from robusttrain.report.certificates import certificate_lines
from robusttrain.report.certificates_compared import (
    Comparison,
    certify_one,
    check_lists,
    compare,
    comparison_table,
    write_certificates,
)
from robusttrain.report.certificates_plot import plot_certificates
from robusttrain.report.output_files import check_outputs


def main(arguments: Sequence[str] | None = None) -> None:
    options, overrides = parse(arguments)
    try:
        run(options, overrides)
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = Parser(__doc__, "All other arguments are Hydra overrides of configs/certify.yaml.")
    parser.add_argument("--compare", action="store_true", help="all schemes side by side")
    parser.add_argument("--csv", type=Path, help="also write the numbers to this file")
    parser.add_argument("--png", type=Path, help="with --compare: plot them to this file")
    parser.add_argument("--limit", type=float, default=50.0, help="seconds in all (default 50)")
    return parse_with_overrides(parser, arguments)


def check(options: argparse.Namespace) -> None:
    """Raise ValueError for options that do not fit together, before anything is computed."""
    if options.png and not options.compare:
        raise ValueError("--png plots a comparison; add --compare")
    if not options.limit > 0:
        raise ValueError(f"--limit {options.limit:g} must be > 0 seconds")
    check_outputs(options.csv, options.png)


def run(options: argparse.Namespace, overrides: list[str]) -> None:
    check(options)
    deadline = time.monotonic() + options.limit
    config = compose(*overrides, name="certify")
    check_keys(resolved(config), "certify")
    if options.compare:
        check_lists(config)
        comparison = compare(config, deadline)
        show(comparison)
        certificates = comparison.certificates
    else:
        certificate = certify_one(config, deadline)
        print("\n".join(certificate_lines(certificate, config.audit.random)))
        certificates = {certificate.scheme: {config.byzantine: certificate}}
    if options.csv:
        write_certificates(certificates, options.csv)
        print(f"wrote {options.csv}")
    if options.png:
        plot_certificates(certificates, options.png)
        print(f"wrote {options.png}")


def show(comparison: Comparison) -> None:
    width = None if sys.stdout.isatty() else 60 + 14 * len(comparison.byzantine)
    console = Console(width=width)
    console.print(comparison_table(comparison))
    for name, certificates in comparison.certificates.items():
        late = [q for q in comparison.byzantine if q not in certificates]
        if late:
            counts = f"q={late[0]}" + (f" to {late[-1]}" if late[1:] else "")
            print(f"{name}: no time was left for {counts}; raise --limit")
    for name, why in comparison.missing.items():
        console.print(f"{name} does not exist here: {why}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
