"""Pipeline: pre-aggregators, then a rule; fills in each `f` that was left null."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from robusttrain.defense.aggregator.base import Rule, combine
from robusttrain.defense.preaggregator.base import Averaging, PreAggregator
from robusttrain.defense.streaming.assumption import told
from robusttrain.names import name_of


@dataclass(frozen=True)
class Pipeline:
    """Pre-aggregators in their order, then a rule.

    rule: what the pre-aggregated vectors are given to.
    stages: the pre-aggregators; none: the rule gets the vectors as they are.
    """

    rule: Rule
    stages: tuple[PreAggregator, ...] = ()

    @classmethod
    def fit(cls, rule: Rule, stages: Sequence[PreAggregator], n: int, bad: int) -> "Pipeline":
        """With every `f` that was left open set for n vectors of which `bad` are bad.

        A stage is told how many can be bad of the vectors that it gets, but fewer than half; the
        rule, how many can be bad of those that reach it. Raises ValueError if one of them is not
        defined for so many.
        """
        pipeline = cls(rule)
        for stage in stages:
            m, bad_in = pipeline.reach(n, bad)
            ready = told(stage, min(bad_in, (m - 1) // 2))
            pipeline = replace(pipeline, stages=(*pipeline.stages, ready))
        pipeline = replace(pipeline, rule=told(rule, pipeline.reach(n, bad)[1]))
        pipeline.check(n)
        return pipeline

    def reach(self, n: int, bad: int = 0) -> tuple[int, int]:
        """(m, b): of n vectors, `bad` of them bad, m reach the rule, of which b are bad at most.

        Raises ValueError if a stage is not defined for what it gets.
        """
        for stage in self.stages:
            stage.check(n)
            bad, n = stage.bad_out(n, bad), stage.rows_out(n)
        return n, bad

    def check(self, n: int) -> None:
        """Raise ValueError, with the remedy, if it is not defined for n vectors."""
        self.rule.check(self.reach(n)[0])

    def pulled(self, sources: np.ndarray, liars: int) -> "Pipeline":
        """The same, its stages told the source [n] int of each vector, `liars` of them at most."""
        return replace(self, stages=tuple(s.pulled(sources, liars) for s in self.stages))

    def check_sources(self, sources: np.ndarray) -> None:
        """Raise ValueError, with the remedy, if a stage goes by sources and cannot here.

        sources: [n] int. The worker that each vector is pulled from where all copies agree.
        """
        for place, stage in enumerate(self.stages):
            mixing = [name_of(s) for s in self.stages[:place] if not s.keeps_rows]
            if stage.per_source is not None and mixing:
                name = name_of(stage)
                raise ValueError(
                    f"preaggregator={name} goes by the worker that each vector is pulled from, but "
                    f"{mixing[0]} before it mixes vectors of several; name {name} first"
                )
            stage.check_sources(sources)

    def check_workers(self, workers: np.ndarray | None) -> None:
        """Raise ValueError, with the remedy, if the rule must know whose vectors come and does not.

        workers: [n] int. Whose each vector is; None: each stands for several workers.
        """
        known = all(stage.keeps_rows for stage in self.stages)
        self.rule.check_workers(workers if known else None)

    def averaging(
        self, n: int, rng: np.random.Generator
    ) -> tuple[list[np.ndarray] | None, "Pipeline"]:
        """The parts of n vectors that whoever has them averages first, and what remains to be done.

        None, and all of it, where the first stage goes by the vectors themselves, or there is none.
        """
        first = next(iter(self.stages), None)
        if not isinstance(first, Averaging):
            return None, self
        return first.parts(n, rng), replace(self, stages=self.stages[1:])

    def __call__(
        self,
        blocks: Iterable[Tensor],
        rng: np.random.Generator | None = None,
        remember: bool = True,
        workers: np.ndarray | None = None,
        root: Tensor | None = None,
    ) -> Tensor:
        """Blocks [n, b] in the order of the coordinates -> [d]; see `combine`."""
        return combine(blocks, self.rule, self.stages, rng, remember, workers, root)
