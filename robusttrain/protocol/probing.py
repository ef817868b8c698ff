"""Probing: sums are taken as they come; whether they are checked is drawn when all are in.

One step, where the one before it was probed:

    REVEAL   who checks whom             ->    sums of the sources at the old parameters
    PUBLISH  parameters                  ->
    verdict on the step before           <-    CLAIMS  fingerprints of those sums
    fingerprints as blocks pass          <-    SUM     of each worker, some blocks a message
    coin; aggregate the sums of all that are not convicted
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message, table
from robusttrain.comm.paces import Paces
from robusttrain.defense.defense import Defense, Outcome
from robusttrain.defense.probe_verdict import Comparison, ProbeVerdict, judge
from robusttrain.defense.sums import OVERWHELMED, SumsIn, settle_sums
from robusttrain.ops.layout import Layout
from robusttrain.protocol.calibration import Calibration
from robusttrain.protocol.collecting import collect
from robusttrain.protocol.draws import Draws, Schedule, cyclic_order, is_probed
from robusttrain.protocol.exchange import Exchange, Settled
from robusttrain.protocol.intake import Intake
from robusttrain.protocol.journal import Journal
from robusttrain.protocol.journal_records import Pending
from robusttrain.protocol.referee import Referee
from robusttrain.protocol.restart import settle_pending
from robusttrain.protocol.shares import what_share
from robusttrain.redundancy.checkers import sources_of
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.types import SILENT, Claims, Plan

NO_JOURNAL = "without probe.journal nobody will"


@dataclass(frozen=True, eq=False)
class Probe:
    """A probed step whose verdict is not given yet.

    plan: who computed what.
    parameters: [D]. At which.
    order: the members, in the cyclic order that was drawn.
    sums: worker -> fingerprint of its sum, where that is whole.
    seed: bytes. Of the fingerprints.
    """

    plan: Plan
    parameters: Tensor
    order: list[int]
    sums: Mapping[int, Fingerprint]
    seed: bytes

    def __str__(self) -> str:
        return f"the probe of step {self.plan.step}"


@dataclass(eq=False)
class Probing(Exchange):
    """The exchange with probes.

    hosting: rank -> the workers that it hosts.
    layout: how blocks lie in the flat vector.
    draws, schedule: what is drawn, and how often steps are probed.
    checkers: int. Successors that each member checks.
    referee: Referee. Recomputes what is disputed; it knows how fingerprints are made.
    paces: Paces. How long members are waited for.
    compare: fingerprints of the whole sums -> when two of the same sum are too different.
    calibration: Calibration or None. The tolerance of products; None: claims are digests.
    keep: Path or None. The journal, which outlives this process; None: nothing does.
    run: key -> value. What sums follow from, beside the parameters; noted in the journal.
    attempt: int. Which start this is, from 1.
    convicted: worker -> why, for good.
    """

    hosting: dict[int, list[int]]
    layout: Layout
    draws: Draws
    schedule: Schedule
    checkers: int
    referee: Referee
    paces: Paces
    compare: Callable[[Mapping[int, Fingerprint]], Comparison]
    calibration: Calibration | None = None
    keep: Path | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = field(init=False, default=1)
    convicted: dict[int, str] = field(init=False, default_factory=dict)
    _convictions: list[int] = field(init=False, default_factory=list)
    _assumed: int = field(init=False, default=0)
    _probe: Probe | None = field(init=False, default=None)
    _published: Tensor | None = field(init=False, default=None)
    _buffer: Tensor | None = field(init=False, default=None)
    _journal: Journal | None = field(init=False, default=None)

    def begin(self, plan: Callable[[int, np.ndarray], Plan]) -> dict[int, str]:
        if self.keep is not None:
            self._journal = journal = Journal(self.keep)
            self.attempt = journal.start(self.run)
            workers = sum(map(len, self.hosting.values()))
            settle_pending(journal, workers, plan, self.referee.true, self.compare)
            self.convicted |= {w: known.reason for w, known in journal.convicted.items()}
        return self.convicted

    def publish(self, hub: Hub, plan: Plan, parameters: Tensor) -> Tensor:
        self._reveal(hub, plan.step)
        self._published = super().publish(hub, plan, parameters)
        return self._published

    def settle(
        self, hub: Hub, plan: Plan, defense: Defense, parameters: Tensor,
        rng: np.random.Generator, root: Callable[[], Tensor],
    ) -> Settled:  # fmt: skip
        seed = self.draws.fingerprint(plan.step, self.attempt)
        intake = self._intake(plan.step, self._rows(plan, parameters), seed)
        self._assumed = defense.assumed
        collect(intake, hub, self.paces.of_step(hub.clock(), hub.deadline))
        self.heard()
        fingerprints = intake.fingerprints.fingerprints()
        verdict = self._verdict(hub, plan.step, intake)
        whole = {w: fingerprints[w] for w in intake.whole if w not in self.convicted}
        self._toss(plan, whole, seed)
        used = [w for w, made in whole.items() if made.finite]
        absent = {w: "its sum is not finite" for w in whole if w not in used}
        missing = intake.rows.keys() - whole.keys() - self.convicted.keys()
        absent |= dict.fromkeys(sorted(missing), "its sum was not whole, or it made no claim")
        taken = SumsIn(plan, {w: intake.rows[w] for w in used}, verdict.convicted, absent,
                       len(self.convicted), audited(plan, verdict))  # fmt: skip
        outcome = settle_sums(defense, taken, self.layout.blocks, rng, root)
        spoke = np.isin(plan.teams, list(whole))
        claims = Claims(plan, np.where(spoke, 0, SILENT))
        spent = self.paces.spent(hub.clock())
        return Settled(claims, outcome, len(whole) - len(used), spent)

    def finish(self, hub: Hub, outcome: Outcome) -> Outcome:
        if self._probe is None:
            return outcome
        step = self._probe.plan.step + 1
        self._reveal(hub, step)
        intake = self._intake(step, {}, b"")
        collect(intake, hub, self.paces.of_step(hub.clock(), hub.deadline))
        plan = self._probe.plan
        found = self._verdict(hub, step, intake)
        before, more = outcome.verdict, len(self.convicted) > self._assumed
        verdict = replace(
            before,
            overwhelmed=more,
            note=OVERWHELMED if more and found.convicted else before.note,
            convicted={**before.convicted, **found.convicted},
            absent={w: why for w, why in before.absent.items() if w not in found.convicted},
            audited=(*before.audited, *audited(plan, found)),
        )
        return replace(outcome, verdict=verdict)

    @property
    def open(self) -> bool:
        return self._probe is not None

    def state_dict(self) -> dict[str, Any]:
        assert not self.open, "a probe is outstanding"
        return {"convicted": dict(self.convicted), "convictions": list(self._convictions)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.convicted = {**state["convicted"], **self.convicted}
        self._convictions = list(state["convictions"])

    def leave(self) -> str:
        """Keep a probe that is not settled for the next start, revealed or not."""
        if self._journal is None:
            return "" if self._probe is None else f"{self._probe} is not settled; {NO_JOURNAL}"
        try:
            if self._probe is not None and self._journal.pending is None:
                self._pend(self._journal, self._probe)
        except (OSError, ValueError) as error:
            return f"{self._probe} is not settled, and could not be kept: {error}"
        pending = self._journal.pending
        return "" if pending is None else (
            f"the probe of step {pending.step} is not settled; a start with "
            f"probe.journal={self.keep} settles it"
        )  # fmt: skip

    def _pend(self, journal: Journal, probe: Probe) -> None:
        """Have on disk what a start needs to settle a probe."""
        pending = Pending(probe.plan.step, self.attempt, tuple(probe.order), self.checkers,
                          probe.sums, probe.seed)  # fmt: skip
        journal.pend(pending, probe.parameters)

    def _reveal(self, hub: Hub, step: int) -> None:
        """Tell all ranks who checks whom, if the step before is probed."""
        if (probe := self._probe) is not None:
            if self._journal is not None:
                self._pend(self._journal, probe)
            said = probe.seed + np.array(probe.order, dtype=np.int64).tobytes()
            message = Message(Kind.REVEAL, step, payload=table(said))
            hub.send(dict.fromkeys(hub.links, message))

    def _intake(self, step: int, rows: Mapping[int, Tensor], seed: bytes) -> Intake:
        due = {} if self._probe is None else sources_of(self._probe.order, self.checkers)
        fingerprinting = self.referee.fingerprinting
        return Intake(
            step, rows, self.layout.blocks, fingerprinting.begin(seed), self.hosting, due,
            fingerprinting.width,
        )  # fmt: skip

    def _rows(self, plan: Plan, parameters: Tensor) -> dict[int, Tensor]:
        """Worker -> its row in the one buffer, for those whose sums can be used."""
        if self._buffer is None:
            self._buffer = parameters.new_empty(plan.workers, self.layout.size)
        holders = np.unique(plan.teams).tolist()
        return {w: self._buffer[w] for w in holders if w not in self.convicted}

    def _verdict(self, hub: Hub, step: int, intake: Intake) -> ProbeVerdict:
        """Judge the step before, if it is probed."""
        probe, self._probe = self._probe, None
        if probe is None:
            return ProbeVerdict()

        def recompute(worker: int, perturbation: int) -> Fingerprint:
            return self.referee.true(
                probe.plan, probe.parameters, worker, probe.seed, perturbation, hub, step
            )

        verdict = judge(
            probe.order, self.checkers, probe.sums, intake.claims, recompute,
            self.compare(probe.sums), partial(what_share, probe.plan),
        )  # fmt: skip
        if self._journal is not None:
            for worker, reason in verdict.convicted.items():
                self._journal.convict(worker, step, reason)
            self._journal.settle()
        self.convicted |= verdict.convicted
        self._convictions += [step] if verdict.convicted else []
        return verdict

    def _toss(self, plan: Plan, sums: Mapping[int, Fingerprint], seed: bytes) -> None:
        """Decide whether this step is probed, and keep what that needs."""
        share = self.schedule.share_of(plan.step, self._convictions)
        coin = self.draws.coin(plan.step, self.attempt)
        members = [w for w in np.unique(plan.teams).tolist() if w not in self.convicted]
        order = cyclic_order(self.draws.order(plan.step, self.attempt), members)
        if is_probed(coin, share) and len(order) > 1:
            assert self._published is not None, "a step begins with its parameters"
            self._probe = Probe(plan, self._published, order, sums, seed)


def audited(plan: Plan, verdict: ProbeVerdict) -> tuple[int, ...]:
    """The tasks that the referee computed anew."""
    return tuple(t for w in verdict.recomputed for t in plan.holdings[w].tolist())
