"""Faults that strike once: one in each step of short runs, by kind and position of the bit."""

from dataclasses import dataclass
from itertools import product

from robusttrain.rng import derive, stream
from robusttrain.run.simulate import simulate
from robusttrain.study.sdc.kinds import BITS, KINDS, WORKERS, bit_of, broken, phase_of, setting
from robusttrain.study.sdc.watch import Effect, Watch
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.faults import Planned
from robusttrain.topology.parameter_server import Step


@dataclass(frozen=True)
class Trial:
    """One fault of one worker in one step.

    kind, bits: keys of `KINDS` and `BITS`.
    effect: Effect. What it did.
    caught: bool. Whether its worker was convicted for this step.
    """

    kind: str
    bits: str
    effect: Effect
    caught: bool


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials of some runs. wrong: workers convicted in whom nothing was broken before."""

    made: list[Trial]
    wrong: int

    def __add__(self, other: "Trials") -> "Trials":
        return Trials([*self.made, *other.made], self.wrong + other.wrong)

    def of(self, kind: str, bits: str | None = None) -> list[Trial]:
        """Those of a kind and a group of bits; None: of all bits."""
        return [t for t in self.made if t.kind == kind and bits in (None, t.bits)]


def trials(way: str, number: int, seed: int) -> Trials:
    """At least `number` trials of each kind and group of bits that there is with this `way`."""
    found = Trials([], 0)
    for run in range(number):
        found += one_run(way, derive(run, "sdc", "once", way, seed))
    return found


def one_run(way: str, seed: int) -> Trials:
    """A run in which every cell is tried once or, if its worker is not out by then, not at all."""
    kinds = [kind for kind in KINDS if way != "digests" or KINDS[kind][0]]
    cells = list(product(kinds, BITS))
    rng = stream(seed, "sdc", "cells")
    order = [cells[i] for i in rng.permutation(len(cells))]
    made = setting(way, len(order), derive(seed, "secret"))
    planned = []
    for step, (kind, bits) in enumerate(order):
        worker, phase = int(rng.integers(WORKERS)), phase_of(made, kind)
        assert phase is not None, kind
        planned.append(Planned(worker, step, phase, BitFlip(bit=bit_of(bits, rng))))
    made = broken(made, planned, seed)
    watch, effects = Watch(made), dict[int, Effect]()

    def report(step: Step) -> None:
        watch.note(step)
        number = step.plan.step
        worker = planned[number].worker
        if not watch.out(worker, number):
            effects[number] = watch.effect(step.plan, worker)

    simulate(made, report, WORKERS, watch)
    found = []
    for number, effect in effects.items():
        (kind, bits), caught = order[number], (planned[number].worker, number) in watch.named
        found.append(Trial(kind, bits, effect, caught))
    return Trials(found, sum(planned[n].worker != w for w, n in watch.named))
