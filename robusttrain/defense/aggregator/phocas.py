"""Mean around the trimmed mean."""

from dataclasses import dataclass
from typing import ClassVar

from robusttrain.defense.aggregator.mea_med import MeanAround


@dataclass(frozen=True)
class Phocas(MeanAround):
    """Per coordinate, the mean of the n-f values that are nearest to the f-trimmed mean.

    Of two values equally near the lower counts.

    f: int >= 0. Bad values assumed per coordinate.
    Precondition: n >= 2f+1.
    Breakdown: f; no farther from the honest range than the range is wide.
    Passes: 1; one block in memory.
    NaN, Inf: such a value is left out of its coordinate and counted as bad there.
    Source: Xie, Koyejo and Gupta, Phocas (2018).

    >>> import torch
    >>> Phocas(f=1)(torch.tensor([[0.0], [1.0], [2.0], [900.0]])).tolist()
    [1.0]
    """

    source: ClassVar[str] = "Xie, Koyejo and Gupta, Phocas (2018)"

    def middle(self, n: int) -> tuple[int, int]:
        return self.bad, n - self.bad
