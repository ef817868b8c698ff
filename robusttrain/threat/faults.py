"""The faults of a run: what strikes which worker, in which step and phase."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from robusttrain.names import name_of
from robusttrain.rng import stream
from robusttrain.threat.fault.base import Damage, Fault
from robusttrain.threat.phases import Phase
from robusttrain.threat.strike import Strike
from robusttrain.types import Plan
from robusttrain.values import shown


@dataclass(frozen=True)
class Planned:
    """A fault of one worker.

    worker, step, phase: where and when it strikes, at first.
    fault: what happens.
    steps: int >= 1. For how many steps; one that lasts for the run does anyway.
    probability: 0..1. With which it strikes in each of those steps, drawn for each.
    module: str or None. Of the phases inside a model: which module's, by its name; None: drawn.
    """

    worker: int
    step: int
    phase: Phase
    fault: Fault
    steps: int = 1
    probability: float = 1.0
    module: str | None = None

    def due(self, seed: int, step: int) -> bool:
        """Whether it strikes in `step` of the run with this seed."""
        if step < self.step or (self.fault.span != "run" and step >= self.step + self.steps):
            return False
        if self.probability == 1:
            return True
        rng = stream(seed, "fault", "due", step, self.worker, self.phase.name)
        return bool(rng.random() < self.probability)

    def rng(self, seed: int, step: int) -> np.random.Generator:
        """Its generator in `step`."""
        return stream(seed, "fault", step, self.worker, self.phase.name)

    def strike(self, seed: int, step: int) -> Strike:
        """What it does in `step` to what is computed."""
        assert isinstance(self.fault, Damage), "no other fault fits what is computed"
        return Strike(self.fault, self.phase, self.module, self.rng(seed, step))

    def __str__(self) -> str:
        """As an item of the list `fault` in a configuration."""
        place = {"worker": self.worker, "step": self.step}
        often = {"steps": (self.steps, 1), "probability": (self.probability, 1)}
        often_shown = {key: value for key, (value, usual) in often.items() if value != usual}
        what = {"phase": self.phase.name, "do": name_of(self.fault)}
        module = {} if self.module is None else {"module": self.module}
        return shown({**place, **often_shown, **what, **module, **changed(self.fault)})


@dataclass(frozen=True)
class Faults:
    """All faults of a run: ground truth, for worker ranks and the scorer only.

    planned: in no order.
    seed: of the run; names the random streams.
    """

    planned: Sequence[Planned] = ()
    seed: int = 0

    def __bool__(self) -> bool:
        return bool(self.planned)

    def __str__(self) -> str:
        """As the override that repeats them."""
        return f"fault=[{', '.join(map(str, self.planned))}]"

    def of(self, hosted: Collection[int]) -> list[Planned]:
        """Those of the workers of a rank."""
        return [planned for planned in self.planned if planned.worker in hosted]

    def strikes(self, plan: Plan, hosted: Collection[int]) -> dict[tuple[int, int], list[Strike]]:
        """(worker, task) of `hosted` -> what strikes that gradient, on the way or when computed."""
        strikes: dict[tuple[int, int], list[Strike]] = defaultdict(list)
        for planned in self._computed(hosted, plan.step):
            strike = planned.strike(self.seed, plan.step)
            for task in struck(planned, plan, strike.rng):
                strikes[planned.worker, task].append(strike)
        return strikes

    def lasting(self, worker: int, step: int) -> list[Strike]:
        """What strikes whatever else `worker` computes in `step`, as for a check or a second time.

        Only what lasts: any other fault has struck its own gradient.
        """
        return [
            planned.strike(self.seed, step)
            for planned in self._computed([worker], step)
            if planned.fault.span == "run"
        ]

    def wrong(self, plan: Plan, hosting: Mapping[int, Collection[int]]) -> np.ndarray:
        """[K] bool: the workers that say something wrong in this step because of a fault.

        hosting: rank -> its workers; wrong parameters make all workers of a rank wrong.
        """
        mask = np.zeros(plan.workers, dtype=bool)
        for planned in self._damages(plan.step):
            mask[self._hit(planned, hosting)] = True
        return mask

    def distorted(self, plan: Plan, hosting: Mapping[int, Collection[int]]) -> np.ndarray:
        """[f, r] bool: the copies of which a worker commits to, or sends, a wrong gradient."""
        mask = np.zeros(plan.teams.shape, dtype=bool)
        for planned in self._damages(plan.step):
            name, way = planned.phase.name, planned.phase.way
            if name in ("publish", "sum"):
                mask |= np.isin(plan.teams, self._hit(planned, hosting))
            elif way == "computed":
                tasks = struck(planned, plan, planned.rng(self.seed, plan.step))
                mask[tasks] |= plan.teams[tasks] == planned.worker
        return mask

    def _computed(self, hosted: Collection[int], step: int) -> list[Planned]:
        return [p for p in self.of(hosted) if p.phase.way == "computed" and p.due(self.seed, step)]

    def _damages(self, step: int) -> list[Planned]:
        return [p for p in self.planned if isinstance(p.fault, Damage) and p.due(self.seed, step)]

    def _hit(self, planned: Planned, hosting: Mapping[int, Collection[int]]) -> list[int]:
        if planned.phase.name == "publish":
            for hosted in hosting.values():
                if planned.worker in hosted:
                    return list(hosted)
        return [planned.worker]


def changed(fault: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not at their defaults."""
    values = {field: getattr(fault, field.name) for field in fields(fault)}
    return {field.name: value for field, value in values.items() if value != field.default}


def struck(planned: Planned, plan: Plan, rng: np.random.Generator) -> list[int]:
    """The tasks of which the worker's gradient is wrong: one that is drawn, or all it holds."""
    held: list[int] = plan.held([planned.worker]).tolist()
    if planned.fault.span == "message" and not planned.phase.whole and held:
        return [int(rng.choice(held))]
    return held
