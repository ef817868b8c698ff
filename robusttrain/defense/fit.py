"""Fit: a pipeline for as many bad vectors as it is defined for, where there are few vectors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from robusttrain.defense.admitted import admitted
from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.base import PreAggregator
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
