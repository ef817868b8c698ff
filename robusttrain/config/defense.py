"""Makes the defence (detector, vote, pipeline) of a configuration for a given scheme."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from robusttrain.certificate.exposure import certified, conceded
from robusttrain.certificate.scheme import Scheme
from robusttrain.config.instantiate import make
from robusttrain.defense.aggregator.base import Rule
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.base import PreAggregator
from robusttrain.redundancy.agreement.base import Agreement
from robusttrain.types import sole_holders


def make_defense(
    cfg: dict[str, Any], detector: Detector, agreement: Agreement, scheme: Scheme, evicted: int
) -> Defense:
    """The server's side when `evicted` workers are out and `scheme` is what the others do.

    An `f` left null is set to how many of the vectors that the rule or the pre-aggregator gets the
    assumed liars can make bad at worst; for the latter, at most what it can take. Raises
    ValueError if a part is not defined for so many vectors, or the rule lacks what it goes by.
    """
    # A preset may leave parameters behind for a pre-aggregator that was then deselected.
    parts = (cfg.get("preaggregator") or {}).items()
    chosen = {f"preaggregator.{k}": v for k, v in parts if "_target_" in v}
    stages = [make(chosen, name) for name in chosen]
    certificate, assumed = certified(scheme, agreement), cfg["defense"]["byzantine"]
    bad, rule = conceded(certificate, detector, agreement).ceiling, make(cfg, "aggregator")
    if agreement.probes and evicted:
        bad = (certificate.tasks - 1) // 2 if evicted > assumed else bad
        pipeline = fit_at_most(rule, stages, certificate.tasks, bad)
    else:
        pipeline = Pipeline.fit(rule, stages, certificate.tasks, bad)
    holders = np.array(scheme.members) if agreement.probes else sole_holders(scheme.teams)
    pipeline.check_workers(holders)
    if pipeline.rule.needs_root and not cfg["defense"]["root_samples"]:
        raise ValueError(
            f"aggregator={pipeline.rule.name} goes by a gradient of samples that the server keeps "
            f"for itself; got defense.root_samples={cfg['defense']['root_samples']}; set "
            "defense.root_samples=100"
        )
    return Defense(
        byzantine=scheme.byzantine,
        assumed=assumed,
        evicted=evicted,
        mean_when_certain=cfg["defense"]["mean_when_certain"],
        detector=detector,
        vote=make(cfg, "vote"),
        pipeline=pipeline,
    )


def fit_at_most(rule: Rule, stages: Sequence[PreAggregator], n: int, bad: int) -> Pipeline:
    """`Pipeline.fit` for as many bad vectors, at most `bad`, as all parts are defined for."""
    for fewer in range(bad, 0, -1):
        try:
            return Pipeline.fit(rule, stages, n, fewer)
        except ValueError:
            continue
    return Pipeline.fit(rule, stages, n, 0)
