"""Runs side by side: `python launch/report.py FOLDER`, all that lie below it.

python launch/report.py runs                        a table of every run below runs/
python launch/report.py runs/sweeps/DATE --markdown
python launch/report.py runs --csv table.csv
"""

import argparse
from pathlib import Path

from robusttrain.report.table import as_markdown, collect, show, write_csv


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--csv", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    rows = collect(arguments.folder)
    if not rows:
        raise SystemExit(f"error: {arguments.folder} has no runs below it (no summary.json)")
    if arguments.csv:
        write_csv(rows, arguments.csv)
    if arguments.markdown:
        print(as_markdown(rows))
    else:
        show(rows, str(arguments.folder))


if __name__ == "__main__":
    main()
