"""Options of the scripts in launch/ that Hydra does not read."""

import argparse
from collections.abc import Sequence
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's parser, its help as the docstring stands; what it refuses is one line, code 2."""

    def __init__(self, description: str | None = None, epilog: str | None = None, **more: object):
        super().__init__(
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **more,  # type: ignore[arg-type]
        )

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; --help says what there is\n")


def parse_with_overrides(
    parser: Parser, arguments: Sequence[str] | None
) -> tuple[argparse.Namespace, list[str]]:
    """The options, and all other words, which are Hydra overrides; exits if one has a dash."""
    options, overrides = parser.parse_known_args(arguments)
    unknown = [word for word in overrides if word.startswith("-")]
    if unknown:
        parser.error(f"unknown option {unknown[0]}")
    return options, overrides
