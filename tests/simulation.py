"""Helpers that tests import: a simulated run and what came of it, and schedules of faults."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch

from robusttrain.analysis.score import Scorer
from robusttrain.comm.link import Kind, LinkError, Message
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.schedule import Delivery, Schedule, on_time
from robusttrain.run import assembly
from robusttrain.run.simulate import simulate
from robusttrain.topology.parameter_server import Step


@dataclass
class Simulated:
    """A finished run in this process.

    parameters: [D] float32. At the end.
    steps: list[Step]. What the server reported.
    metrics: list[dict]. The lines of metrics.jsonl, one per step.
    summary: dict. As in summary.json, times aside; the accuracy is that of the end.
    """

    parameters: torch.Tensor
    steps: list[Step]
    metrics: list[dict[str, Any]]
    summary: dict[str, Any]

    @property
    def lost(self) -> dict[int, str]:
        """rank -> why the server dropped it."""
        return self.steps[-1].lost


def run_simulated(
    recipe: Recipe, ranks: int | None, schedule: Schedule = on_time, **more: Any
) -> Simulated:
    """Simulate `recipe`, and score it against its threat."""
    scorer, steps, metrics = Scorer(recipe.threat, recipe.layout.size), [], []

    def report(step: Step) -> None:
        steps.append(step)
        metrics.append({"kind": "step", **scorer.step(step)})

    parameters = simulate(recipe, report, ranks, schedule, **more).parameters
    measures = assembly.evaluator(recipe, parameters)()
    return Simulated(parameters, steps, metrics, {**measures, **scorer.summary()})


def when(
    action: Callable[[Delivery], Iterable[Delivery]],
    rank: int | None = None,
    kind: Kind | None = None,
    since: int = 0,
    until: int = 1 << 30,
) -> Schedule:
    """`action` for messages of this rank (None: of any) and kind (None: from the rank, of any).

    since, until: the first and the last step in which it applies.
    """

    def schedule(delivery: Delivery) -> Iterable[Delivery]:
        message = delivery.message
        assert isinstance(message, Message)
        chosen = delivery.up if kind is None else message.kind == kind
        if chosen and rank in (None, delivery.rank) and since <= message.step <= until:
            return action(delivery)
        return (delivery,)

    return schedule


def lose(delivery: Delivery) -> Iterable[Delivery]:
    """It never arrives."""
    return ()


def late(seconds: float) -> Callable[[Delivery], Iterable[Delivery]]:
    """It arrives so many virtual seconds later."""
    return lambda delivery: (replace(delivery, time=delivery.time + seconds),)


def die(delivery: Delivery) -> Iterable[Delivery]:
    """The link breaks instead."""
    return (replace(delivery, message=LinkError("broke: power cut")),)


def change(**fields: Any) -> Callable[[Delivery], Iterable[Delivery]]:
    """The message arrives with other fields."""
    return lambda delivery: (replace(delivery, message=replace(delivery.message, **fields)),)


def garble(delivery: Delivery) -> Iterable[Delivery]:
    """The first byte of the payload arrives flipped."""
    payload = delivery.message.payload.clone()
    payload[0] ^= 0xFF
    return change(payload=payload)(delivery)
