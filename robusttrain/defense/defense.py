"""Claims -> verdict -> sources -> direction: the server's side of a step, without transport."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from robusttrain.defense.admitted import pulled
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.defense.vote.base import Vote
from robusttrain.types import Claims, CommitmentBroken, Hearing, Sources, Verdict, sole_holders


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one step came to.

    verdict: who is convicted or absent.
    sources: whom each task was pulled from.
    direction: [D] float32. What the optimizer is given; None where too little was left.
    note: why the step was skipped, else empty.
    """

    verdict: Verdict
    sources: Sources
    direction: Tensor | None
    note: str = ""


@dataclass(frozen=True)
class Defense:
    """Judges claims, has the chosen rows pulled, and aggregates them.

    byzantine: int. How many liars are assumed among the members.
    assumed: q, int. How many were assumed among all workers at the start.
    evicted: int. How many workers are out already.
    mean_when_certain: bool. Aggregate by the mean once exactly q are known: no other is a liar.
    detector: claims -> verdict.
    vote: claims, verdict -> sources.
    pipeline: the pulled vectors -> direction.
    """

    byzantine: int
    assumed: int
    evicted: int
    mean_when_certain: bool
    detector: Detector
    vote: Vote
    pipeline: Pipeline

    def settle(
        self,
        claims: Claims,
        recompute: Callable[[np.ndarray], np.ndarray],
        pull: Callable[[Sources, Sequence[np.ndarray] | None], Iterable[Tensor]],
        rng: np.random.Generator,
        root: Callable[[], Tensor] | None = None,
    ) -> Outcome:
        """Judge, pull and aggregate; whoever is caught while rows are pulled is out, and we retry.

        `recompute` tells the detector the truth about the tasks that it asks for. `pull` streams
        the blocks [n, b] of the chosen rows, or those of the means of parts of them, and raises
        `CommitmentBroken` if a row breaks its commitment, is not finite, or does not come. Each
        retry distrusts one more worker at least, so there are at most K. `root` gives the gradient
        [D] of the server's own samples, for a rule that needs it; None: it has none.
        """
        hearing = Hearing(claims.plan, claims, self.byzantine, recompute, rng)
        verdict = self.detector.inspect(hearing)
        while True:
            sources = self.vote.choose(claims, verdict)
            if len(sources.kept) == 0:
                return Outcome(verdict, sources, None, "no task has a trusted majority")
            came_from = sources.workers[sources.kept]
            pipeline = pulled(self.chosen(verdict), came_from, self.byzantine)
            workers = sole_holders(claims.plan.teams[sources.kept])
            try:
                pipeline.check(len(sources.kept))  # before anything is pulled
                pipeline.check_workers(workers)
                own = root() if root and pipeline.rule.needs_root else None
                parts, rest = pipeline.averaging(len(sources.kept), rng)
                whose = workers if parts is None else None
                direction = rest(pull(sources, parts), rng, workers=whose, root=own)
                return Outcome(verdict, sources, direction)
            except Undefined as error:
                return Outcome(verdict, sources, None, str(error))
            except CommitmentBroken as event:
                verdict = verdict.after(event)

    def chosen(self, verdict: Verdict) -> Pipeline:
        """What aggregates under this verdict: the mean alone where it leaves no liar."""
        known = self.evicted + len(verdict.convicted)
        certain = self.detector.current and 0 < self.assumed == known
        if certain and not verdict.overwhelmed and self.mean_when_certain:
            return Pipeline(Mean())
        return self.pipeline
