"""Faults that come back: one worker each, now and then or in a stuck unit, until it is named."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from robusttrain.rng import derive, stream
from robusttrain.run.simulate import simulate
from robusttrain.study.outcome import Over
from robusttrain.study.sdc.kinds import WORKERS, broken, phase_of, setting
from robusttrain.study.sdc.watch import Effect, Watch
from robusttrain.threat.fault.base import Damage
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.fault.stuck import Stuck
from robusttrain.threat.faults import Planned
from robusttrain.threat.injection import modules_of
from robusttrain.topology.parameter_server import Step

OFTEN = {"now and then": 0.5, "stuck": 1.0}
WIDE = 10_000_000  # places of a unit that is stuck, modulo how many there are


@dataclass(frozen=True)
class Case:
    """What became of one faulty worker.

    effects: list[Effect]. Of the steps in which it was struck.
    first: int or None. The step in which it was first wrong; None: in none.
    named: int or None. The step for which it was convicted; None: it was not.
    wrong: int. Others that were.
    """

    effects: list[Effect]
    first: int | None
    named: int | None
    wrong: int

    @property
    def delay(self) -> int | None:
        """Steps from the first wrong one to that for which it was convicted, both included."""
        if self.named is None or self.first is None or self.first > self.named:
            return None  # or for a claim, before its own sum was wrong
        return self.named - self.first + 1


def one_case(way: str, kind: str, how: str, steps: int, seed: int) -> Case:
    """A run that ends when its faulty worker is named, or after `steps`."""
    made, rng = setting(way, steps, derive(seed, "secret")), stream(seed, "sdc", "case")
    worker, phase = int(rng.integers(WORKERS)), phase_of(made, kind)
    assert phase is not None, kind
    module = one_of(modules_of(made.model, phase.name), rng) if phase.inside else None
    planned = Planned(worker, 0, phase, fault_of(how, rng), steps, OFTEN[how], module)
    made = broken(made, [planned], seed)
    watch, effects = Watch(made), dict[int, Effect]()

    def report(step: Step) -> None:
        watch.note(step)
        number = step.plan.step
        if planned.due(seed, number) and not watch.out(worker, number):
            effects[number] = watch.effect(step.plan, worker)
        if any(name == worker for name, _ in watch.named):
            raise Over

    with suppress(Over):
        simulate(made, report, WORKERS, watch)
    named = min((n for w, n in watch.named if w == worker), default=None)
    first = min((n for n, effect in effects.items() if effect.changed), default=None)
    return Case(list(effects.values()), first, named, sum(w != worker for w, _ in watch.named))


def fault_of(how: str, rng: np.random.Generator) -> Damage:
    """Flips of bits that are drawn each time, or one bit of one unit stuck."""
    if how != "stuck":
        return BitFlip()
    return Stuck(int(rng.integers(WIDE)), int(rng.integers(32)), int(rng.integers(2)))


def one_of(names: list[str], rng: np.random.Generator) -> str:
    return names[int(rng.integers(len(names)))]
