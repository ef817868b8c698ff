"""Admitted: a pipeline for the vectors that came, each f as large as these allow."""

from dataclasses import replace
from typing import Any

import numpy as np

from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.defense.streaming.assumption import fewer


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
