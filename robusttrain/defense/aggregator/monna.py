"""Mean of the nearest neighbours of a trusted worker's vector."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from torch import Tensor

from robusttrain.defense.aggregator.base import GramInputs, GramRule
from robusttrain.defense.preaggregator.base import Undefined
from robusttrain.defense.streaming.identity import single
from robusttrain.ops.gram import mean_of, squared_distances
from robusttrain.values import check_whole


@dataclass(frozen=True)
class Monna(GramRule):
    """The mean of the n-f vectors that are nearest to the trusted worker's, itself included.

    A step in which the trusted worker's vector does not count (it is convicted, absent, or its
    vector is not finite) is skipped. It is never evicted, as nothing could go on without it.

    f: int >= 0. Bad vectors assumed.
    trusted_worker: int >= 0. The worker that is trusted. None: not named yet, so that nothing is
        computed. In a plain call vector i is worker i's, unless it is told `workers`.
    Precondition: n >= 2f+1; each vector is one worker's (assignment=single, no bucketing before),
        and one of them is the trusted worker's.
    Breakdown: f of the others; what is averaged is no farther from the trusted vector than the
        farthest honest one.
    Passes: 2; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad. ValueError where the trusted
        row holds one.
    Source: Farhadkhani, Guerraoui, Gupta, Hoang, Pinot and Stephan (2023).

    >>> import torch
    >>> Monna(f=1, trusted_worker=0)(torch.tensor([[1.0], [2.0], [900.0]])).tolist()
    [1.5]
    """

    f: int | None
    trusted_worker: int | None

    source: ClassVar[str] = "Farhadkhani et al., MoNNA (2023)"
    precondition: ClassVar[str] = "n >= 2f+1, one vector the trusted worker's"
    breakdown: ClassVar[str] = "f, the trusted worker not among them"
    permutes: ClassVar[bool] = False
    averages: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.trusted_worker is not None:
            check_whole("aggregator.trusted_worker", self.trusted_worker, 0, use=0)

    def check_workers(self, workers: np.ndarray | None) -> None:
        self.trusted_row(single(self, workers))

    def trusted_row(self, workers: np.ndarray) -> int:
        """Which of the vectors of `workers` [n] is trusted; Undefined if none is."""
        if self.trusted_worker is None:
            raise Undefined(
                "monna needs a worker that you trust; got trusted_worker=null; set "
                "aggregator.trusted_worker to its number"
            )
        rows = np.flatnonzero(workers == self.trusted_worker)
        if len(rows) == 0:
            raise Undefined(
                f"monna needs a finite vector of trusted_worker={self.trusted_worker}; none of the "
                f"{len(workers)} is; set aggregator.trusted_worker to a worker that takes part"
            )
        return int(rows[0])

    def weights(self, gram: Tensor) -> Tensor:
        return self.weigh(GramInputs(gram, np.random.default_rng(0), workers=np.arange(len(gram))))

    def weigh(self, inputs: GramInputs) -> Tensor:
        n, trusted = len(inputs.gram), self.trusted_row(single(self, inputs.workers))
        distances = squared_distances(inputs.gram)[trusted]
        distances[trusted] = -1.0
        return mean_of(distances.argsort(stable=True)[: n - self.bad], n)
