"""A worker rank: computes the rows of its workers' tasks, and forges those of the Byzantine."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from robusttrain.protocol.answers import Answers
from robusttrain.protocol.recompute import Recompute
from robusttrain.threat.knowledge import Knowledge, Poison
from robusttrain.threat.threat import Threat
from robusttrain.training.gradient.full import Gradients
from robusttrain.types import Plan


@dataclass(frozen=True, eq=False)
class Crew:
    """Hosted Byzantine workers that forge together.

    workers: list[int].
    tasks: [m] int. What they forge.
    known: [n] int. Tasks whose gradients they know.
    spared: [n] bool. Those of `known` that no worker forges.
    forged: int. How many tasks of the step are forged, by anyone; shadow copies aside.
    """

    workers: list[int]
    tasks: np.ndarray
    known: np.ndarray
    spared: np.ndarray
    forged: int


@dataclass(frozen=True, eq=False)
class Worker:
    """One rank: the logical workers it hosts and all that they need.

    hosted: list[int]. The workers.
    recompute: Recompute. Computes true gradients; ranks of one process may share it.
    threat: Threat. Which workers are Byzantine, and what they send.
    sleep: seconds -> None. How an attack that is late waits.
    history: step -> its plan and parameters, as far back as the attack wants them.
    """

    hosted: list[int]
    recompute: Recompute
    threat: Threat
    sleep: Callable[[float], None] = time.sleep
    history: dict[int, tuple[Plan, Tensor]] = field(init=False, default_factory=dict)

    def answer(self, plan: Plan, parameters: Tensor) -> Answers:
        """Compute each distinct task once, forge what the threat asks for, commit to it all."""
        attack = self.threat.attack
        self.remember(plan, parameters)
        crews, mute = self.crews(plan), []
        if crews:
            self.sleep(attack.wait)
        if not attack.speaks:
            assert self.recompute.agreement.width, "without commitments there is no silence"
            crews, mute = [], [w for crew in crews for w in crew.workers]
        needed = np.unique(np.concatenate([plan.held(self.hosted), *(c.known for c in crews)]))
        honest, lies = len(needed), sum(len(crew.tasks) for crew in crews)
        rows = parameters.new_empty(honest + lies, self.recompute.layout.size)
        self.recompute.gradients.rows(parameters, plan, needed, rows[:honest])

        place = dict(zip(needed.tolist(), range(honest), strict=True))
        index = {(w, t): place[t] for w in self.hosted for t in plan.held([w]).tolist()}

        def pick(tasks: np.ndarray) -> Tensor:
            return rows[:honest] if len(tasks) == honest else rows[needed.searchsorted(tasks)]

        free = honest
        for crew in crews:
            knowledge = self.knowledge(plan, parameters, crew, pick(crew.tasks), pick(crew.known))
            rows[free : free + len(crew.tasks)] = attack.forge(knowledge)
            copies = list(enumerate(crew.tasks.tolist(), start=free))
            index |= {(w, t): row for row, t in copies for w in crew.workers if (w, t) in index}
            free += len(crew.tasks)
        return Answers(rows, honest, index, self.hosted, self.recompute, attack, mute)

    def crews(self, plan: Plan) -> list[Crew]:
        """Those hosted here who lie in this step."""
        targets = np.flatnonzero(self.threat.targeted(plan))
        forged = np.flatnonzero(self.threat.forged(plan).any(axis=1))
        crews = []
        for workers, known in self.threat.crews(plan, self.hosted):
            tasks = np.intersect1d(plan.held(workers), targets)
            seen = known if self.threat.attack.needs_known else known[:0]
            if len(tasks):
                crews.append(Crew(workers, tasks, seen, ~np.isin(seen, forged), len(forged)))
        return crews

    def remember(self, plan: Plan, parameters: Tensor) -> None:
        """Keep this broadcast, and forget those that the attack will not ask for any more."""
        back = self.threat.attack.memory if self.threat.byzantine else 0
        if back:
            self.history[plan.step] = plan, parameters.clone()
        for step in [step for step in self.history if step < plan.step - back]:
            del self.history[step]

    def knowledge(
        self, plan: Plan, parameters: Tensor, crew: Crew, honest: Tensor, known: Tensor
    ) -> Knowledge:
        """What a crew sees, given the true rows of the tasks it forges and of those it knows."""
        gradients, threat = self.recompute.gradients, self.threat

        def rows(gradients: Gradients, at: Tensor, then: Plan, tasks: np.ndarray) -> Tensor:
            return gradients.rows(at, then, tasks, torch.empty_like(honest))

        def earlier(steps: int) -> Tensor | None:
            assert 1 <= steps <= threat.attack.memory, steps
            if plan.step - steps not in self.history:
                return None
            then, before = self.history[plan.step - steps]
            return rows(gradients, before, then, crew.tasks % then.tasks)

        def poisoned(poison: Poison) -> Tensor:
            labels = gradients.data.labels
            other = gradients.with_labels(poison(labels, int(labels.max()) + 1))
            return rows(other, parameters, plan, crew.tasks)

        _, before = self.history.get(plan.step - 1, (plan, None))
        return Knowledge(
            honest=honest,
            tasks=crew.tasks,
            known=known,
            spared=crew.spared,
            omniscient=threat.knowledge == "omniscient",
            forged=crew.forged,
            workers=plan.workers,
            byzantine=threat.byzantine,
            step=plan.step,
            seed=threat.seed,
            worker=None if threat.attack.collusive else crew.workers[0],
            previous=None if before is None else before - parameters,
            earlier=earlier,
            poisoned=poisoned,
        )
