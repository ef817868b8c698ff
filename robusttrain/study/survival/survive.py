"""What a run survives, part by part, each a table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import RenderableType
from rich.table import Table

from robusttrain.comm.ranks import hosting
from robusttrain.study.survival.kills import planned
from robusttrain.study.survival.moments import moments
from robusttrain.study.survival.ranks import killed
from robusttrain.study.survival.server import restarted
from robusttrain.study.survival.settings import (
    EVERY,
    MEANWHILE,
    PHASES,
    SERVER_RANKS,
    SERVER_STEPS,
    SERVERS,
    SETTINGS,
)
from robusttrain.study.survival.stopped import stopped
from robusttrain.study.survival.table import NOTE, ranks_table, server_table, stopped_table

PARTS = (*SETTINGS, "stop", "server")
WORKERS, RANKS, FIRST = 15, 5, 20


def survive(parts: Sequence[str], count: int, seed: int) -> Iterator[RenderableType]:
    """The tables of these parts, each as soon as it is there.

    count: int. Kills of a run. seed: of the moments at which the server is killed.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        for part in SETTINGS:
            if part in parts:
                yield kill_ranks(folder, part, count)
                yield NOTE
        if "stop" in parts:
            yield stopped_table({
                name: stopped(fresh(folder, f"stop-{name}"), (*words, "steps=200"), RANKS, FIRST,
                              MEANWHILE[name])
                for name, words in SETTINGS.items()
            })  # fmt: skip
        if "server" in parts:
            yield kill_servers(folder, count, seed)


def kill_ranks(folder: Path, name: str, count: int) -> Table:
    """Worker ranks are killed, in a run of that name."""
    kills = planned(PHASES[name], count, hosting(WORKERS, RANKS), FIRST, EVERY[name])
    words = (*SETTINGS[name], f"steps={kills[-1].step + 3 * EVERY[name]}")
    return ranks_table(name, killed(fresh(folder, name), words, RANKS, kills))


def kill_servers(folder: Path, count: int, seed: int) -> Table:
    """A table: the server is killed, in each of the settings."""
    runs = {}
    for number, setting in enumerate(SERVERS):
        at = moments(count, SERVER_STEPS, seed + number, setting.first)
        place = fresh(folder, f"server-{number}")
        words = (*setting.words, f"steps={SERVER_STEPS}")
        runs[setting] = restarted(place, words, SERVER_RANKS, at)
    return server_table(runs, SERVER_STEPS)


def fresh(folder: Path, name: str) -> Path:
    """A folder of its own."""
    place = folder / name
    place.mkdir()
    return place
