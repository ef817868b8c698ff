"""Make the keys and certificates of a cluster whose server and worker ranks start apart.

python launch/keys.py FOLDER --ranks 3

Copy rank-I.key, rank-I.crt and server.crt to the machine of worker rank I; the server needs
server.key, server.crt and rank-I.crt of all ranks.
"""

from collections.abc import Sequence
from pathlib import Path

from robusttrain.comm.keys import make
from robusttrain.config.arguments import Parser


def main(arguments: Sequence[str] | None = None) -> None:
    parser = Parser(__doc__)
    parser.add_argument("folder", type=Path, help="a new folder, for its owner alone")
    parser.add_argument("--ranks", type=int, required=True, help="W, how many worker ranks")
    options = parser.parse_args(arguments)
    try:
        paths = make(options.folder, options.ranks)
    except ValueError as error:
        raise SystemExit(f"error: {error}") from error
    print(f"{len(paths)} files in {options.folder}; the .key files are for their owner alone")


if __name__ == "__main__":
    main()
