"""Print every rule, pre-aggregator and attack in a line, from their classes.

python launch/catalogue.py            print it
python launch/catalogue.py --write    renew docs/catalogue.md
"""

from collections.abc import Sequence
from pathlib import Path

from robusttrain.config.arguments import Parser
from robusttrain.report.catalogue import catalogue, write

PAGE = Path(__file__).resolve().parents[1] / "docs" / "catalogue.md"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser(__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/catalogue.md")
    if parser.parse_args(arguments).write:
        if not PAGE.parent.is_dir():
            raise SystemExit(
                f"error: there is no folder {PAGE.parent}: only a checkout has the page; clone "
                "the repository, or print it without --write"
            )
        write(PAGE)
        print(f"wrote {PAGE}")
    else:
        print(catalogue())


if __name__ == "__main__":
    main()
