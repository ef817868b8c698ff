"""The price table from start to end: checks, starts the ranks, reads what they measured."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from robusttrain.comm.torchrun import process_as_it_was, start_ranks
from robusttrain.study.price.measured import read
from robusttrain.study.price.memory import check_memory
from robusttrain.study.price.prices import Price, prices
from robusttrain.study.price.rows import row_of
from robusttrain.study.price.setting import Setting


def check(setting: Setting) -> None:
    """Raise ValueError if a row cannot be run as it is asked for, or does not fit in memory."""
    rows = [row_of(name) for name in setting.rows]
    check_memory(setting, {row: setting.recipe(row) for row in rows})


def measure(setting: Setting, script: Path, arguments: Sequence[str]) -> list[Price]:
    """Time every row on real ranks.

    script, arguments: what each rank runs; it is told `--into FOLDER` besides.
    Raises ValueError if a rank failed; it has said why.
    """
    check(setting)
    with tempfile.TemporaryDirectory() as name, process_as_it_was():
        words = [*arguments, "--into", name]
        code = start_ranks(str(script), words, setting.ranks, port=0)
        if code:
            raise ValueError(f"the ranks ended with exit code {code}; see their output")
        blocks = read(Path(name))
    return prices(blocks, {row: row_of(row).passes for row in setting.rows})
