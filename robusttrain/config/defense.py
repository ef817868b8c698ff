"""Makes the defence (detector, vote, pipeline) of a configuration for a given scheme."""

from typing import Any

from robusttrain.certificate.exposure import conceded
from robusttrain.certificate.scheme import Scheme
from robusttrain.config.instantiate import make
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.base import Detector
from robusttrain.defense.pipeline import Pipeline
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
    bad = conceded(scheme.certificate, detector, agreement).ceiling
    pipeline = Pipeline.fit(make(cfg, "aggregator"), stages, len(scheme.teams), bad)
    pipeline.check_workers(sole_holders(scheme.teams))
    if pipeline.rule.needs_root and not cfg["defense"]["root_samples"]:
        raise ValueError(
            f"aggregator={pipeline.rule.name} goes by a gradient of samples that the server keeps "
            f"for itself; got defense.root_samples={cfg['defense']['root_samples']}; set "
            "defense.root_samples=100"
        )
    return Defense(
        byzantine=scheme.byzantine,
        assumed=cfg["defense"]["byzantine"],
        evicted=evicted,
        mean_when_certain=cfg["defense"]["mean_when_certain"],
        detector=detector,
        vote=make(cfg, "vote"),
        pipeline=pipeline,
    )
