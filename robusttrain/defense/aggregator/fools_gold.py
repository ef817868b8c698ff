"""FoolsGold: a mean in which workers that resemble each other count little."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from robusttrain.defense.aggregator.base import GramRule
from robusttrain.defense.streaming.memory import Memory
from robusttrain.ops.gram import about, cosines


@dataclass(frozen=True)
class FoolsGold(GramRule):
    """A weighted mean in which sums of gradients that resemble another's count little.

        s_ij = cos(H_i, H_j),   H_i the sum of all that came from worker i, this time included,
        m_i = max_{j != i} s_ij,
        s_ij <- s_ij m_i / m_j   where m_j > m_i > 0,
        a_i = 1 - max_j s_ij,   cut to [0, 1],
        a <- min(0.99, a / max a),
        a_i <- logit(a_i) + 1/2,   cut to [0, 1],
        output = sum_i a_i v_i / sum_i a_i.

    Equal weights if all a_i are 0. Remembers H [m, D] of all workers that were ever heard; one
    that is not heard in a step keeps its own, also while it is evicted. A plain call knows no
    past, and vector i is worker i's unless it is told `workers`.

    Precondition: each vector is one worker's: assignment=single, and no bucketing before.
    Breakdown: 0. It is against sybils, copies of one goal, among honest workers with unlike data:
        honest gradients of like data are sybils to it, and one liar alone is not bounded.
    Passes: 2 over twice the rows, and 1 to remember; the blocks are kept.
    NaN, Inf: a row that holds one is left out and counted as bad.
    Source: Fung, Yoon and Beschastnikh (2020).

    >>> FoolsGold()(torch.tensor([[2.0, 0.0], [0.0, 2.0], [-9.0, -9.0], [-9.0, -9.0]])).tolist()
    [1.0, 1.0]
    """

    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    source: ClassVar[str] = "Fung, Yoon and Beschastnikh (2020)"
    precondition: ClassVar[str] = "n >= 1, each vector one worker's"
    breakdown: ClassVar[str] = "0: against sybils only"
    instead: ClassVar[str] = "geometric_median"
    anchors: ClassVar[tuple[str, ...]] = ("history", "origin")
    translates: ClassVar[bool] = False

    def tolerates(self, n: int) -> int:
        return 0

    def weights(self, gram: Tensor) -> Tensor:
        n = len(gram) // 2
        both = torch.cat([torch.eye(n), torch.eye(n)], dim=1).double()
        summed = both @ about(gram, 2 * n)[: 2 * n, : 2 * n] @ both.T
        trust = _trust(cosines(summed))
        weights = torch.zeros(2 * n + 1, dtype=torch.float64)
        weights[:n] = trust / trust.sum() if trust.sum() > 0 else 1.0 / n
        return weights


def _trust(likeness: Tensor) -> Tensor:
    n = len(likeness)
    if n == 1:
        return torch.ones(1, dtype=torch.float64)
    likeness = likeness.clone().fill_diagonal_(-torch.inf)
    most = likeness.max(dim=1).values
    reduced = (most[None, :] > most[:, None]) & (most[:, None] > 0)
    likeness = torch.where(reduced, likeness * most[:, None] / most[None, :], likeness)
    trust = (1.0 - likeness.max(dim=1).values).clamp(0.0, 1.0)
    trust = torch.where(trust < 1e-12, torch.zeros_like(trust), trust)  # equal but for rounding
    if trust.max() == 0:
        return trust
    return (torch.logit((trust / trust.max()).clamp(max=0.99)) + 0.5).clamp(0.0, 1.0)
