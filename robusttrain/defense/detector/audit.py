"""Audit: recomputes disputed tasks and convicts every worker whose copy differs."""

from dataclasses import dataclass, replace

import numpy as np

from robusttrain.defense.detector.base import Detector
from robusttrain.types import SILENT, Claims, Hearing, Verdict
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Audit(Detector):
    """Recomputes disputed tasks and convicts who differs from the truth; `inner` judges the rest.

    Each disputed task has a liar among its holders, so recomputing it convicts at least one,
    whatever their number: q liars cost at most q such recomputations a step, and a conviction
    rests on nothing but the recomputed gradient. A task held by liars alone is never disputed;
    only a random audit can find it.

    inner: Detector. Judges what is left.
    budget: int >= 0 or None. Most disputed tasks that are recomputed in a step, those whose
        outcome is expected to settle most disputes first; None: all.
    random: int >= 0. Undisputed tasks a step that are recomputed besides, drawn uniformly.
    """

    inner: Detector
    budget: int | None
    random: int

    def __post_init__(self) -> None:
        if self.budget is not None:
            check_whole("audit.budget", self.budget, 0, use="null for no limit")
        check_whole("audit.random", self.random, 0, use="0 for none")

    @property
    def concedes(self) -> str:
        return "unanimous" if self.budget is None else self.inner.concedes

    @property
    def current(self) -> bool:
        return self.inner.current

    def inspect(self, hearing: Hearing) -> Verdict:
        state = AuditState(hearing)
        budget = hearing.plan.tasks if self.budget is None else self.budget
        while len(state.audited) < budget and len(disputed := state.disputed()):
            gain = state.gain(disputed)
            state.audit(disputed[gain.argmax() : gain.argmax() + 1])
        state.audit(state.draw(self.random))
        left = max(0, hearing.byzantine - len(state.convicted))
        plan = replace(hearing.plan, evicted=hearing.plan.evicted | state.convicted.keys())
        rest = replace(hearing, plan=plan, claims=state.claims, byzantine=left)
        verdict = self.inner.inspect(rest)
        return replace(
            verdict,
            convicted={**verdict.convicted, **state.convicted},
            absent={w: why for w, why in verdict.absent.items() if w not in state.convicted},
            overwhelmed=verdict.overwhelmed or len(state.convicted) > hearing.byzantine,
            audited=tuple(state.audited),
        )


class AuditState:
    """The claims that are still believed in a step, and what recomputation has proved.

    claims: Claims without those of the convicted.
    convicted: worker -> reason.
    audited: tasks that were recomputed, in order.
    """

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing
        self.claims: Claims = hearing.claims
        self.convicted: dict[int, str] = {}
        self.audited: list[int] = []

    def disputed(self) -> np.ndarray:
        """The tasks about which copies differ that are still believed, ascending."""
        classes = self.claims.classes
        highest = classes.max(axis=1, keepdims=True)
        return np.flatnonzero(((classes != SILENT) & (classes != highest)).any(axis=1))

    def gain(self, disputed: np.ndarray) -> np.ndarray:
        """[n] float: how many disputes recomputing each of `disputed` [n] may settle, roughly.

        If class c is the truth, all who said otherwise are out, with all the disputes that
        they are in. With a share p of liars, that has the weight p^(others) (1-p)^(those in c).
        """
        teams, classes = self.hearing.plan.teams[disputed], self.claims.classes[disputed]
        heard = classes != SILENT
        disputes = np.bincount(teams[heard], minlength=self.hearing.plan.workers)[teams] * heard
        p = np.clip(self.hearing.byzantine / self.hearing.plan.workers, 0.01, 0.49)
        alike = (classes[:, :, None] == np.arange(teams.shape[1])) & heard[:, :, None]
        inside = alike.sum(axis=1)
        weight = np.where(
            inside > 0, (p / (1 - p)) ** (heard.sum(axis=1, keepdims=True) - inside), 0
        )
        settled = disputes.sum(axis=1, keepdims=True) - (disputes[:, :, None] * alike).sum(axis=1)
        return np.asarray((weight * settled).sum(axis=1) / weight.sum(axis=1))

    def draw(self, count: int) -> np.ndarray:
        """At most `count` tasks that are undisputed and heard, at random."""
        undisputed = np.setdiff1d(np.arange(self.hearing.plan.tasks), self.disputed())
        spoken = undisputed[(self.claims.classes[undisputed] != SILENT).any(axis=1)]
        open_ = np.setdiff1d(spoken, self.audited)
        return np.sort(self.hearing.rng.choice(open_, size=min(count, len(open_)), replace=False))

    def audit(self, tasks: np.ndarray) -> None:
        """Recompute `tasks` and convict all who said otherwise."""
        if not len(tasks):
            return
        for task, truth in zip(tasks.tolist(), self.hearing.recompute(tasks), strict=True):
            said = self.claims.classes[task]
            liars = self.hearing.plan.teams[task][(said != SILENT) & (said != truth)]
            self.convicted |= dict.fromkeys(liars.tolist(), f"task {task} recomputed: it lied")
            self.audited.append(task)
        self.claims = self.claims.without(self.convicted)
