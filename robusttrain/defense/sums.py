"""Sums -> direction: one vector a worker, of those that are whole, finite and not convicted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.admitted import admitted
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.defense import Defense, Outcome
from robusttrain.defense.fit import widest
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.types import DROPPED, Plan, Sources, Verdict

OVERWHELMED = (
    "more workers are convicted than were assumed to lie: nothing is guaranteed any more; the rule "
    "assumes as many liars as it can"
)


@dataclass(frozen=True, eq=False)
class SumsIn:
    """The sums of a step, and what is known of its workers.

    plan: Plan. Every task has one holder.
    rows: worker -> [D], its sum, of those that may be used; ascending.
    convicted: worker -> reason, of those that were convicted since the last step.
    absent: worker -> reason, of the others that are left out.
    known: int. How many were convicted so far, those of this step included.
    audited: tasks that were recomputed.
    """

    plan: Plan
    rows: Mapping[int, Tensor]
    convicted: Mapping[int, str]
    absent: Mapping[int, str]
    known: int
    audited: tuple[int, ...] = ()


def settle_sums(
    defense: Defense,
    sums: SumsIn,
    blocks: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    root: Callable[[], Tensor] | None = None,
) -> Outcome:
    """Aggregate the sums; arguments as for `Defense.settle`.

    The mean alone, where exactly as many are convicted as are assumed to lie and the defence says
    so; else the rule, told f = min(what it was told, the largest that it admits for so many).
    Where more are convicted, f is the largest that it admits, and nothing is promised any more.
    """
    workers = list(sums.rows)
    held = np.isin(sums.plan.teams[:, 0], workers)
    sources = Sources(np.where(held, sums.plan.teams[:, 0], DROPPED))
    overwhelmed = sums.known > defense.assumed
    verdict = Verdict(
        sums.plan.workers, sums.convicted, sums.absent, overwhelmed, sums.audited,
        OVERWHELMED if overwhelmed and sums.convicted else "",
    )  # fmt: skip
    if not workers:
        return Outcome(verdict, sources, None, "no sum came")
    certain = 0 < defense.assumed == sums.known and defense.mean_when_certain
    try:
        fitted = widest if overwhelmed else admitted
        told = defense.pipeline.pulled(np.array(workers), defense.byzantine)
        pipeline = Pipeline(Mean()) if certain else fitted(told, len(workers))
        pipeline.check(len(workers))
        pipeline.check_workers(np.array(workers))
        own = root() if root and pipeline.rule.needs_root else None
        streamed = stream(list(sums.rows.values()), blocks)
        direction = pipeline(streamed, rng, workers=np.array(workers), root=own)
    except Undefined as error:
        return Outcome(verdict, sources, None, str(error))
    return Outcome(verdict, sources, direction)


def stream(rows: Sequence[Tensor], blocks: Sequence[tuple[int, int]]) -> Iterator[Tensor]:
    """The blocks [n, b] of the rows."""
    return (torch.stack([row[lo:hi] for row in rows]) for lo, hi in blocks)
