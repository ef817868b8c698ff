"""Report: finished runs side by side, all that lie below a folder.

python launch/report.py runs                        a table of every run below runs/
python launch/report.py runs/sweeps/DATE --markdown
python launch/report.py runs --csv table.csv
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from robusttrain.report.table import as_markdown, collect, save, show


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--csv", type=Path, help="write the table to this file")
    options = parser.parse_args(arguments)
    rows = collect(options.folder)
    if not rows:
        raise SystemExit(f"error: {options.folder} has no runs below it (no summary.json)")
    if options.csv:
        save(rows, options.csv)
    if options.markdown:
        print(as_markdown(rows))
    else:
        show(rows, str(options.folder))


if __name__ == "__main__":
    main()
