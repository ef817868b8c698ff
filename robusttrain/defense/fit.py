"""Fit: a pipeline for as many bad vectors as it is defined for, where there are few vectors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.defense.streaming.assumption import fewer
from robusttrain.values import is_whole


def fit_at_most(rule: Rule, stages: Sequence[PreAggregator], n: int, bad: int) -> Pipeline:
    """`Pipeline.fit` for as many bad vectors, at most `bad`, as all parts are defined for."""
    for assumed in range(bad, 0, -1):
        try:
            return Pipeline.fit(rule, stages, n, assumed)
        except ValueError:
            continue
    return Pipeline.fit(rule, stages, n, 0)


def widest(pipeline: Pipeline, n: int) -> Pipeline:
    """The same, its rule told as many bad vectors as it is defined for, fewer than half of n."""
    rule: Any = pipeline.rule
    if not is_whole(getattr(rule, "f", None)):
        return pipeline
    most = max(0, (pipeline.reach(n)[0] - 1) // 2)
    return admitted(replace(pipeline, rule=replace(rule, f=most)), n)


def pulled(pipeline: Pipeline, sources: np.ndarray, liars: int) -> Pipeline:
    """The same, its stages told the source [n] int of each vector, `liars` of them at most.

    Where a stage goes by sources, a worker that nothing is pulled from has no vector, and liars
    could make a rule undefined by silence: so it is told f as `admitted` says.
    """
    ready = pipeline.pulled(sources, liars)
    if all(stage.per_source is None for stage in ready.stages):
        return ready
    return admitted(ready, len(sources))


def admitted(pipeline: Pipeline, n: int) -> Pipeline:
    """The same, each part told as few bad vectors fewer as it takes to be defined for n vectors.

    A part that is not defined for any number of them stays as it is.
    """
    stages: list[PreAggregator] = []
    for stage in pipeline.stages:
        stages.append(lowered(stage, n))
        n = stages[-1].rows_out(n)
    return replace(pipeline, rule=lowered(pipeline.rule, n), stages=tuple(stages))


def lowered(part: Any, n: int) -> Any:
    """The rule or stage with the largest f, at most its own, that n vectors allow."""
    for out in range(1 + int(getattr(part, "f", 0) or 0)):
        less = fewer(part, out)
        try:
            less.check(n)
            return less
        except ValueError:
            continue
    return part
