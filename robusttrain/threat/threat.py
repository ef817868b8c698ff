"""The threat: who lies about which tasks. Ground truth, for Byzantine ranks and the scorer only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robusttrain.threat.attack.base import KNOWLEDGE, Attack
from robusttrain.threat.placement.base import Placement
from robusttrain.threat.target.base import Target
from robusttrain.types import Plan


@dataclass(frozen=True)
class Threat:
    """How many workers lie, which, about which tasks, knowing what, and what they send.

    byzantine: how many lie in truth, 0..K. knowledge: `own` (each liar sees the gradients of
    its own tasks), `colluders` (all liars pool theirs), `omniscient` (all tasks). Whatever
    a rank needs beyond its own tasks it recomputes; honest ranks send nothing for it. start: the
    plan of the first step, by which the liars are placed.
    """

    byzantine: int
    knowledge: str
    placement: Placement
    target: Target
    attack: Attack
    seed: int
    start: Plan

    def __post_init__(self) -> None:
        if self.knowledge not in KNOWLEDGE:
            raise ValueError(
                f"threat.knowledge={self.knowledge} must be one of {', '.join(KNOWLEDGE)}"
            )
        if self.byzantine:
            self._check_knowledge()

    def _check_knowledge(self) -> None:
        """Raise ValueError if the attack needs to know more than it may."""
        attack, name = self.attack, type(self.attack).__module__.split(".")[-1]
        if KNOWLEDGE.index(self.knowledge) < KNOWLEDGE.index(attack.needs):
            raise ValueError(
                f"attack={name} needs knowledge {attack.needs}, but "
                f"threat.knowledge={self.knowledge} allows less; set "
                f"threat.knowledge={attack.needs}, or choose an attack that needs less"
            )
        if attack.needs_known > 1 and (seen := self.reach(self.knowledge)) < attack.needs_known:
            wider = [k for k in KNOWLEDGE if self.reach(k) >= attack.needs_known]
            remedy = f"threat.knowledge={wider[0]}" if wider else "an assignment with more tasks"
            raise ValueError(
                f"attack={name} needs to know the gradients of {attack.needs_known} tasks, but "
                f"with threat.knowledge={self.knowledge} a liar may see only {seen}; use "
                f"{remedy}, or choose an attack that needs less"
            )

    def reach(self, knowledge: str) -> int:
        """The fewest tasks that a liar knows at first, wherever it is placed, if it has any."""
        held = sorted(len(tasks) for tasks in self.start.holdings if len(tasks))
        if knowledge == "own" or not self.attack.collusive:
            return held[0]
        if knowledge == "omniscient":
            return self.start.tasks
        return len(self.start.held(np.flatnonzero(self.liars(self.start))))

    def liars(self, plan: Plan) -> np.ndarray:
        """[K] bool: who is Byzantine at this step."""
        mask = np.zeros(plan.workers, dtype=bool)
        if self.byzantine:
            mask[self.placement.choose(plan.step, self.start, self.byzantine, self.seed)] = True
        return mask

    def targeted(self, plan: Plan) -> np.ndarray:
        """[f] bool: the tasks about which their Byzantine holders lie."""
        liars = self.liars(plan)
        if not liars.any():
            return np.zeros(plan.tasks, dtype=bool)
        return self.target.tasks(plan.teams, liars)

    def forged(self, plan: Plan) -> np.ndarray:
        """[f, r] bool: the copies that are lies."""
        return self.liars(plan)[plan.teams] & self.targeted(plan)[:, None]

    def crews(self, plan: Plan, hosted: list[int]) -> Iterator[tuple[list[int], np.ndarray]]:
        """The groups of hosted liars that forge together, each with the tasks it knows."""
        liars = self.liars(plan)
        present = [w for w in hosted if liars[w]]
        if self.knowledge == "own" or not self.attack.collusive:
            yield from (([w], plan.held([w])) for w in present)
        elif present:
            everyone = self.knowledge == "omniscient"
            known = np.arange(plan.tasks) if everyone else plan.held(np.flatnonzero(liars))
            yield present, known
