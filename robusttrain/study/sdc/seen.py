"""Whether products would show that a sum is wrong, if its step were probed."""

from collections.abc import Mapping

from torch import Tensor

from robusttrain.config.recipe import Recipe
from robusttrain.defense.probe_verdict import Within
from robusttrain.protocol.calibration import CLASSES
from robusttrain.redundancy.fingerprinting import Fingerprinting
from robusttrain.rng import stream
from robusttrain.run.sides import pool


def seen(made: Recipe, step: int, sent: Mapping[int, Tensor], worker: int, true: Tensor) -> bool:
    """Whether the true sum [D] of a worker, by a product, disputes what it has sent.

    sent: worker -> [D]. What all have sent in this step.
    """
    seed = stream(made.seed, "sdc", "product", step).bytes(32)
    products = Fingerprinting(made.layout.blocks, pool(), lanes=1)
    received = {w: products.of(vector, seed) for w, vector in sent.items()}
    if not received[worker].finite:
        return False
    within = Within.of(CLASSES, 1, received)
    return within.disputes(received[worker], products.of(true, seed).claim)
