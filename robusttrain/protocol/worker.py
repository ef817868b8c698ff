"""A worker rank: computes the rows of its workers' tasks, and forges those of the Byzantine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from robusttrain.protocol.answers import Answers
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.struck import strike
from robusttrain.threat.knowledge import Knowledge, Poison
from robusttrain.threat.threat import Threat
from robusttrain.training.gradient.full import Gradients
from robusttrain.types import Plan


@dataclass(frozen=True, eq=False)
class Forgers:
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
    reads_ahead: bool. Whether the samples of the next step are read while the server works; not
        if ranks share a data set, since each would undo what the other expects.
    history: step -> its plan and parameters, as far back as the attack wants them.
    """

    hosted: list[int]
    recompute: Recompute
    threat: Threat
    reads_ahead: bool = False
    history: dict[int, tuple[Plan, Tensor]] = field(init=False, default_factory=dict)

    def answer(self, plan: Plan, parameters: Tensor) -> Answers:
        """Compute each distinct task once, forge what the threat asks for, commit to it all."""
        attack = self.threat.attack
        self.remember(plan, parameters)
        groups = self.groups(plan)
        needed, strikes = self.needed(plan, groups), self.threat.faults.strikes(plan, self.hosted)
        true, lies = len(needed), sum(len(group.tasks) for group in groups)
        honest = true + len(strikes)
        rows = parameters.new_empty(honest + lies, self.recompute.layout.size)
        self.recompute.gradients.rows(parameters, plan, needed, rows[:true])

        place = dict(zip(needed.tolist(), range(true), strict=True))
        index = {(w, t): place[t] for w in self.hosted for t in plan.held([w]).tolist()}

        def pick(tasks: np.ndarray) -> Tensor:
            return rows[:true] if len(tasks) == true else rows[needed.searchsorted(tasks)]

        for row, (copy, striking) in enumerate(strikes.items(), start=true):
            rows[row] = rows[index[copy]]
            strike(self.recompute, parameters, plan, copy[1], striking, rows[row])
            index[copy] = row
        free = honest
        for group in groups:
            knowledge = self.knowledge(
                plan, parameters, group, pick(group.tasks), pick(group.known)
            )
            rows[free : free + len(group.tasks)] = attack.forge(knowledge)
            copies = list(enumerate(group.tasks.tolist(), start=free))
            index |= {(w, t): row for row, t in copies for w in group.workers if (w, t) in index}
            free += len(group.tasks)
        return Answers(rows, honest, index, self.hosted, self.recompute, attack)

    def expect(self, plan: Plan, before: Sequence[tuple[Plan, np.ndarray]] = ()) -> None:
        """Have the samples read ahead that `answer` will need if this is the next plan.

        before: (plan, tasks [n]) whose samples are needed before those.
        """
        needed = self.needed(plan, self.groups(plan))
        self.recompute.gradients.expect([*before, (plan, needed)])

    def needed(self, plan: Plan, groups: list[Forgers]) -> np.ndarray:
        """The tasks whose true gradients are needed: those held here, and those that liars know."""
        return np.unique(np.concatenate([plan.held(self.hosted), *(c.known for c in groups)]))

    def groups(self, plan: Plan) -> list[Forgers]:
        """Those hosted here who lie in this step."""
        targets = np.flatnonzero(self.threat.targeted(plan))
        forged = np.flatnonzero(self.threat.forged(plan).any(axis=1))
        groups = []
        for workers, known in self.threat.groups(plan, self.hosted):
            tasks = np.intersect1d(plan.held(workers), targets)
            seen = known if self.threat.attack.needs_known else known[:0]
            if len(tasks):
                groups.append(Forgers(workers, tasks, seen, ~np.isin(seen, forged), len(forged)))
        return groups

    def remember(self, plan: Plan, parameters: Tensor) -> None:
        """Keep this broadcast, and forget those that the attack will not ask for any more."""
        back = self.threat.attack.memory if self.threat.byzantine else 0
        if back:
            self.history[plan.step] = plan, parameters.clone()
        for step in [step for step in self.history if step < plan.step - back]:
            del self.history[step]

    def knowledge(
        self, plan: Plan, parameters: Tensor, group: Forgers, honest: Tensor, known: Tensor
    ) -> Knowledge:
        """What a group sees, given the true rows of the tasks it forges and of those it knows."""
        gradients, threat = self.recompute.gradients, self.threat

        def rows(gradients: Gradients, at: Tensor, then: Plan, tasks: np.ndarray) -> Tensor:
            return gradients.rows(at, then, tasks, torch.empty_like(honest))

        def earlier(steps: int) -> Tensor | None:
            assert 1 <= steps <= threat.attack.memory, steps
            if plan.step - steps not in self.history:
                return None
            then, before = self.history[plan.step - steps]
            return rows(gradients, before, then, group.tasks % then.tasks)

        def poisoned(poison: Poison) -> Tensor:
            assert threat.classes is not None, "an attack that poisons says so"
            classes = threat.classes
            other = gradients.with_targets(lambda labels: poison(labels, classes))
            return rows(other, parameters, plan, group.tasks)

        _, before = self.history.get(plan.step - 1, (plan, None))
        return Knowledge(
            honest=honest,
            tasks=group.tasks,
            known=known,
            spared=group.spared,
            omniscient=threat.knowledge == "omniscient",
            forged=group.forged,
            workers=plan.workers,
            byzantine=threat.byzantine,
            step=plan.step,
            seed=threat.seed,
            worker=None if threat.attack.collusive else group.workers[0],
            previous=None if before is None else before - parameters,
            earlier=earlier,
            poisoned=poisoned,
        )
