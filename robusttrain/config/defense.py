"""Makes the defence (detector, vote, pipeline) of a configuration for a given scheme."""

from typing import Any

import numpy as np

from robusttrain.certificate.exposure import certified, conceded, vectors
from robusttrain.certificate.scheme import Scheme
from robusttrain.certificate.sources import sources
from robusttrain.config.certain import mean_when_certain
from robusttrain.config.instantiate import make
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.fit import fit_at_most
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
    came_from = sources(scheme, agreement)
    stages = [stage.pulled(came_from, scheme.byzantine) for stage in make_stages(cfg)]
    assumed, n = cfg["defense"]["byzantine"], vectors(scheme, agreement)
    bad = conceded(certified(scheme, agreement), detector, agreement).ceiling
    rule = make(cfg, "aggregator")
    if not evicted:
        Pipeline(rule, tuple(stages)).check_sources(came_from)
    if agreement.probes and evicted:
        pipeline = fit_at_most(rule, stages, n, (n - 1) // 2 if evicted > assumed else bad)
    else:
        pipeline = Pipeline.fit(rule, stages, n, bad)
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
        mean_when_certain=mean_when_certain(cfg, agreement)[0],
        detector=detector,
        vote=make(cfg, "vote"),
        pipeline=pipeline,
    )


def make_stages(cfg: dict[str, Any]) -> list[PreAggregator]:
    """The pre-aggregators of a configuration, in their order."""
    # A preset may leave parameters behind for a pre-aggregator that was then deselected.
    parts = (cfg.get("preaggregator") or {}).items()
    chosen = {f"preaggregator.{k}": v for k, v in parts if "_target_" in v}
    return [make(chosen, name) for name in chosen]
