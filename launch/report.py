"""Show finished runs side by side, all that lie below a folder.

python launch/report.py runs                        a table of every run below runs/
python launch/report.py runs/sweeps/DATE --markdown
python launch/report.py runs --csv table.csv
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from robusttrain.report.csv_file import check_parents
from robusttrain.report.table import as_markdown, collect, save, show


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        run(parse(arguments))
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--csv", type=Path, help="write the table to this file")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    check_parents(options.csv)
    rows = collect(options.folder)
    if not rows:
        raise ValueError(f"{options.folder} has no runs below it (no summary.json to be read)")
    if options.csv:
        save(rows, options.csv)
    if options.markdown:
        print(as_markdown(rows))
    else:
        show(rows, str(options.folder))


if __name__ == "__main__":
    main()
