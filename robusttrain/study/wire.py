"""Wire: liars that forge, and let go wrong what they send: too late, cut off, of another length."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.schedule import Delivery
from robusttrain.protocol.side import Side
from robusttrain.protocol.worker import Worker
from robusttrain.run.sides import answers_of
from robusttrain.run.simulate import simulate
from robusttrain.study.infiltrator import Infiltrator
from robusttrain.study.outcome import Over, Run, seeded
from robusttrain.study.strategies import CLAIMS, SUMS

Fault = Callable[[Delivery, Message], Iterable[Delivery]]
HOLD = 0.9  # seconds: no sum comes before, and none so late that it is not waited for


def changed(delivery: Delivery, message: Message, **fields: Any) -> Iterable[Delivery]:
    """The message arrives with other fields."""
    return (replace(delivery, message=replace(message, **fields)),)


def held(delivery: Delivery, message: Message) -> Iterable[Delivery]:
    """Every block of a sum comes just in time."""
    late = HOLD if message.kind == Kind.SUM else 0.0
    return (replace(delivery, time=delivery.time + late),)


def of_claims(change: Callable[[Message], dict[str, Any]]) -> Fault:
    """Claims arrive with other fields, sums as they are."""

    def fault(delivery: Delivery, message: Message) -> Iterable[Delivery]:
        if message.kind != Kind.CLAIMS:
            return (delivery,)
        return changed(delivery, message, **change(message))

    return fault


def payload(message: Message) -> torch.Tensor:
    assert message.payload is not None, "claims are never empty"
    return message.payload


def broken(delivery: Delivery, message: Message) -> Iterable[Delivery]:
    """The link breaks in the middle of the claims' step."""
    if message.kind != Kind.CLAIMS:
        return (delivery,)
    return (replace(delivery, message=LinkError("broke: a liar's doing")),)


FAULTS: dict[str, Fault] = {
    "sums held": held,
    "claims too long": of_claims(lambda m: {"payload": payload(m).repeat(2)}),
    "claims too short": of_claims(lambda m: {"payload": payload(m)[:-1]}),
    "claims of a later step": of_claims(lambda m: {"step": m.step + 1}),
    "claims of an earlier step": of_claims(lambda m: {"step": m.step - 1}),
    "link broken": broken,
}


def spoilt(made: Recipe, fault: Fault, seed: int) -> Run:
    """A run with two ranks, of which one hosts all liars; what it sends suffers `fault`.

    seed: of all that the server and the liars draw.
    """
    hosting = made.hosting(2)
    rank = min(hosting, key=lambda r: len(hosting[r]))
    chosen = frozenset(hosting[rank])
    liars, run = Infiltrator(chosen, SUMS["forged"], CLAIMS["collude"], seed), Run(chosen)

    def side(recipe: Recipe, worker: Worker) -> Side:
        return (liars if chosen == set(worker.hosted) else answers_of)(recipe, worker)

    def schedule(delivery: Delivery) -> Iterable[Delivery]:
        message = delivery.message
        if delivery.rank != rank or not delivery.up or isinstance(message, LinkError):
            return (delivery,)
        return fault(delivery, message)

    with suppress(Over):
        simulate(seeded(made, seed), partial(run.watch, liars), 2, schedule, side=side)
    return run
