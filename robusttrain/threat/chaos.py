"""Chaos: faults that are drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass

from robusttrain.rng import stream
from robusttrain.threat.fault.base import Fault
from robusttrain.threat.faults import Planned
from robusttrain.threat.phases import Phase


@dataclass(frozen=True)
class Chaos:
    """In each step, with probability `rate`, a fault of a random worker, phase and kind.

    rate: 0..1 (ValueError).
    kinds: list of Fault. Those that are drawn, with their parameters.
    most: int >= 1. Workers that have a fault at once; one that does not come back, or has a fault
        that lasts, has it for the rest of the run. The other workers of its rank are not counted.
    seed: names the random stream of each step.
    """

    rate: float
    kinds: Sequence[Fault]
    most: int
    seed: int

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"chaos.rate={self.rate} must be in 0..1, a probability; use 0.1")

    def draw(self, workers: int, steps: int, phases: Sequence[Phase]) -> list[Planned]:
        """The faults of a run of `steps` steps with K = `workers`."""
        planned: list[Planned] = []
        lasting: set[int] = set()
        for step in range(steps if self.rate else 0):
            rng = stream(self.seed, "chaos", step)
            free = [worker for worker in range(workers) if worker not in lasting]
            if rng.random() >= self.rate or len(lasting) >= self.most or not free:
                continue
            worker = free[int(rng.integers(len(free)))]
            fault = self.kinds[int(rng.integers(len(self.kinds)))]
            fitting = [phase for phase in phases if phase.admits(fault.fits)]
            planned.append(Planned(worker, step, fitting[int(rng.integers(len(fitting)))], fault))
            if fault.final or fault.span == "run":
                lasting.add(worker)
        return planned
