"""The threat: decides which workers are Byzantine and which tasks they forge (ground truth)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from robusttrain.names import name_of
from robusttrain.threat.attack.base import Attack
from robusttrain.threat.faults import Faults
from robusttrain.threat.knowledge import KNOWLEDGE
from robusttrain.threat.placement.base import Placement
from robusttrain.threat.target.base import Target
from robusttrain.types import Plan

CLAIMS = ("honest", "collude", "frame", "lazy", "silent")


@dataclass(frozen=True)
class Threat:
    """How many workers are Byzantine, which, what they forge, and what they know.

    byzantine: q, the true number of Byzantine workers, 0..K.
    knowledge: the gradients that a Byzantine worker knows: `own`, of its own tasks;
        `colluders`, of the tasks of all Byzantine workers; `omniscient`, of all tasks. What a
        rank needs beyond its own tasks it recomputes; honest ranks send nothing for it.
    placement: which workers are Byzantine at each step.
    target: which of their tasks they forge.
    attack: what they send.
    seed: of the run; names the random streams.
    start: the plan of step 0, by which the Byzantine workers are placed.
    classes: number of classes of the data; None: its targets are not classes.
    claims: what Byzantine workers claim about the sums that they are to check, with probes:
        `honest`, the truth; `collude`, what a Byzantine source has sent, else the truth; `frame`,
        the same, but something else of honest sources; `lazy`, the fingerprint of zeros; `silent`.
    faults: what goes wrong with workers, Byzantine or not.
    ValueError: unknown claims or knowledge, or knowledge that the attack cannot do with; no
        classes, for an attack that changes labels.
    """

    byzantine: int
    knowledge: str
    placement: Placement
    target: Target
    attack: Attack
    seed: int
    start: Plan
    classes: int | None = None
    claims: str = "honest"
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        if self.knowledge not in KNOWLEDGE:
            raise ValueError(
                f"threat.knowledge={self.knowledge} must be one of {', '.join(KNOWLEDGE)}"
            )
        if self.claims not in CLAIMS:
            raise ValueError(f"threat.claims={self.claims} must be one of {', '.join(CLAIMS)}")
        if self.byzantine:
            self._check_knowledge()

    def _check_knowledge(self) -> None:
        """Raise ValueError if the attack needs to know more than it may."""
        attack, name = self.attack, name_of(self.attack)
        if attack.poisons and self.classes is None:
            raise ValueError(
                f"attack={name} changes labels 0..classes-1, but the data does not say how many "
                "classes there are; set data.classes, or choose another attack"
            )
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
        """The fewest tasks that a Byzantine worker with any task may know at step 0."""
        held = sorted(len(tasks) for tasks in self.start.holdings if len(tasks))
        if knowledge == "own" or not self.attack.collusive:
            return held[0]
        if knowledge == "omniscient":
            return self.start.tasks
        return len(self.start.held(np.flatnonzero(self.liars(self.start))))

    def liars(self, plan: Plan) -> np.ndarray:
        """[K] bool: the Byzantine workers of this step."""
        mask = np.zeros(plan.workers, dtype=bool)
        if self.byzantine:
            mask[self.placement.choose(plan.step, self.start, self.byzantine, self.seed)] = True
        return mask

    def targeted(self, plan: Plan) -> np.ndarray:
        """[f] bool: the tasks that their Byzantine holders forge; all False if nobody is."""
        liars = self.liars(plan)
        if not liars.any():
            return np.zeros(plan.tasks, dtype=bool)
        return self.target.tasks(plan.teams, liars)

    def forged(self, plan: Plan) -> np.ndarray:
        """[f, r] bool: the copies that are forged."""
        return self.liars(plan)[plan.teams] & self.targeted(plan)[:, None]

    def groups(self, plan: Plan, hosted: list[int]) -> Iterator[tuple[list[int], np.ndarray]]:
        """The groups of Byzantine workers that forge together on a rank.

        hosted: the workers of the rank. Yields (workers, [n] int64: the tasks that they know).
        """
        liars = self.liars(plan)
        present = [w for w in hosted if liars[w]]
        if self.knowledge == "own" or not self.attack.collusive:
            yield from (([w], plan.held([w])) for w in present)
        elif present:
            everyone = self.knowledge == "omniscient"
            known = np.arange(plan.tasks) if everyone else plan.held(np.flatnonzero(liars))
            yield present, known
