"""What a run survives, part by part, each a table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import RenderableType

from robusttrain.comm.ranks import hosting
from robusttrain.study.survival.kills import planned
from robusttrain.study.survival.ranks import killed, stopped
from robusttrain.study.survival.server import moments, restarted
from robusttrain.study.survival.settings import (
    EVERY,
    MEANWHILE,
    PHASES,
    SERVER_RANKS,
    SERVER_STEPS,
    SERVERS,
    SETTINGS,
)
from robusttrain.study.survival.table import NOTE, ranks_table, server_table, stopped_table

PARTS = ("ranks", "stop", "server")
WORKERS, RANKS, FIRST = 15, 5, 20


def survive(parts: Sequence[str], count: int, seed: int) -> Iterator[RenderableType]:
    """The tables of these parts, each as soon as it is there.

    count: int. Kills of a run. seed: of the moments at which the server is killed.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        if "ranks" in parts:
            yield from kill_ranks(folder, count)
            yield NOTE
        if "stop" in parts:
            yield stopped_table({
                name: stopped(fresh(folder, f"stop-{name}"), (*words, "steps=200"), RANKS, FIRST,
                              MEANWHILE[name])
                for name, words in SETTINGS.items()
            })  # fmt: skip
        if "server" in parts:
            yield from kill_servers(folder, count, seed)


def kill_ranks(folder: Path, count: int) -> Iterator[RenderableType]:
    """A table for digests and one for probes: worker ranks are killed."""
    for name, words in SETTINGS.items():
        hosts = hosting(WORKERS, RANKS)
        kills = planned(PHASES[name], count, hosts, FIRST, EVERY[name])
        steps = kills[-1].step + EVERY[name]
        yield ranks_table(
            name, killed(fresh(folder, name), (*words, f"steps={steps}"), RANKS, kills)
        )


def kill_servers(folder: Path, count: int, seed: int) -> Iterator[RenderableType]:
    """A table: the server is killed, in each of the settings."""
    runs = {}
    for number, setting in enumerate(SERVERS):
        at = moments(count, SERVER_STEPS, seed + number, setting.first)
        place = fresh(folder, f"server-{number}")
        words = (*setting.words, f"steps={SERVER_STEPS}")
        runs[setting] = restarted(place, words, SERVER_RANKS, at)
    yield server_table(runs, SERVER_STEPS)


def fresh(folder: Path, name: str) -> Path:
    """A folder of its own."""
    place = folder / name
    place.mkdir()
    return place
