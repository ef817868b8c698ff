"""Show runs side by side, all that lie below a folder, and their means over seeds.

python launch/report.py runs                        a table of every run below runs/
python launch/report.py runs/sweeps/DATE --markdown
python launch/report.py runs --csv table.csv
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from robusttrain.config.arguments import Parser
from robusttrain.report.output_files import check_outputs
from robusttrain.report.runs import read_runs
from robusttrain.report.seeds import means
from robusttrain.report.table import OVER_SEEDS, as_markdown, rows_of, save, show_all


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        run(parse(arguments))
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--csv", type=Path, help="write the table of runs to this file")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    check_outputs(options.csv)
    runs = read_runs(options.folder)
    if not runs:
        raise ValueError(f"{options.folder} has no runs below it (no summary.json to be read)")
    if options.csv:
        save(rows_of(runs), options.csv)
    if options.markdown:
        print(as_markdown(rows_of(runs)))
        over_seeds = means(runs)
        if over_seeds:
            print(f"\n{OVER_SEEDS}:\n\n{as_markdown(over_seeds)}")
    else:
        show_all(runs, str(options.folder))


if __name__ == "__main__":
    main()
