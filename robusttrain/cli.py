"""The command `robusttrain`: each script of launch/ is a subcommand.

Nothing heavy is imported here: a rank forks its supervisor before torch is imported.
"""

import ast
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from robusttrain import __version__
from robusttrain.config.paths import CONFIGS

LAUNCH = CONFIGS.parent / "launch"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `robusttrain COMMAND ...`; SystemExit with code 2 if there is no such command."""
    command, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    scripts = commands()
    if command in ("-h", "--help"):
        print(usage(scripts))
    elif command == "--version":
        print(f"robusttrain {__version__}")
    elif command in scripts:
        sys.argv = [str(scripts[command]), *rest]
        runpy.run_path(str(scripts[command]), run_name="__main__")
    else:
        wrong = f"there is no command {command!r}" if command else "a command is missing"
        print(f"error: {wrong}; use robusttrain {' | '.join(scripts)}", file=sys.stderr)
        raise SystemExit(2)


def commands() -> dict[str, Path]:
    """Command -> its script."""
    return {path.stem: path for path in sorted(LAUNCH.glob("*.py"))}


def usage(scripts: dict[str, Path]) -> str:
    """The commands with the first line of what each script says of itself."""
    lines = ["usage: robusttrain COMMAND ...   (robusttrain COMMAND --help says more)", ""]
    for name, path in scripts.items():
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        lines.append(f"  {name:<10} {text.partition(chr(10))[0]}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
