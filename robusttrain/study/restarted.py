"""Restarts that liars cause: they kill the server as soon as it tells who checks them."""

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from robusttrain.comm.link import Kind, Message
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.schedule import Delivery, on_time
from robusttrain.run.simulate import simulate
from robusttrain.study.infiltrator import Infiltrator
from robusttrain.study.outcome import Over, Run, chosen, seeded
from robusttrain.study.strategies import CLAIMS, SUMS

RESTARTS = 2


class Killed(Exception):
    """The server is gone."""


def killing(delivery: Delivery) -> Iterable[Delivery]:
    """The schedule under which no reveal is survived."""
    message = delivery.message
    if isinstance(message, Message) and message.kind == Kind.REVEAL:
        raise Killed
    return (delivery,)


def restarted(made: Recipe, seed: int) -> Run:
    """A run whose liars forge only after a restart that they caused, and then cause another.

    seed: of who lies, and of all that the server and the liars draw.
    """
    liars = chosen(made, seed)
    run = Run(liars)
    with TemporaryDirectory() as folder, suppress(Over):
        recipe = seeded(made, seed, Path(folder) / "journal")
        for start in range(RESTARTS + 1):
            sums = SUMS["forged" if start else "own"]
            side = Infiltrator(liars, sums, CLAIMS["collude"], seed)
            schedule = killing if start < RESTARTS else on_time
            with suppress(Killed):
                simulate(recipe, partial(run.watch, side), 1, schedule, side=side)
    return run
