"""What claims that are products can miss: the chance that a lie passes, and errors too small."""

import math
from collections.abc import Sequence

import numpy as np

from robusttrain.redundancy.fingerprint import SD, UNIT

ROUNDING = UNIT / math.sqrt(3) / SD  # see `pass_chance`


def pass_chance(ratio: float, lanes: int) -> float:
    """The chance that a wrong sum passes an honest checker with products, at most.

        P <= min(1.09 x + 6.7e-5, .82 x + 1.25e-4)^lanes,   x = reach / (sd(r) L)

    u = r + v is uniform on the cube of side 1, where v, independent of r, is uniform on what lies
    between two odd multiples of 2^-16. <u, e> has a density of at most sqrt(2) / L whatever the
    error e of length L is (Ball, Cube slicing in R^n, 1986). So, with k deviations of <v, e>
    added to the reach, P(|<v, e>| <= k deviations) P <= sqrt(2/3) (x + k 2^-15), where the first
    factor is at least 3/4 for k = 2 (Chebyshev) and 1 - 2 exp(-k^2 / 2) for k = 5 (Hoeffding).

    ratio: float >= 0. x, where reach is the larger of tau + (honest differences) and tau_R / 2.
    lanes: int >= 1. Independent vectors r.
    """
    kept = {2: 3 / 4, 5: 1 - 2 * math.exp(-25 / 2)}
    one = min(math.sqrt(2 / 3) * (ratio + k * ROUNDING) / p for k, p in kept.items())
    return float(min(1.0, one) ** lanes)


def pass_of_length(tolerance: float, lanes: int) -> float:
    """`pass_chance` of an error at least as long as a sum of median length m.

    Of |S| <= m + L with L >= m, tau <= 3 c_tau sd(r) L; c_tau / 2 more is for honest differences,
    three deviations of <r, e> where |e| is at most c_tau m / 6.

    tolerance: float > 0. c_tau.
    lanes: int >= 1.
    """
    return pass_chance(3.5 * tolerance, lanes)


def drift(workers: int, byzantine: int, length: float, rates: Sequence[float]) -> float:
    """How far q liars move the parameters with errors of `length` in every step, under the mean.

        q / K  length  sum of learning rates

    Errors of length tau / sd(r) pass more often than not; longer ones convict their author sooner.
    For SGD; a rule or an optimizer that rescales coordinates can make more of an error.

    length: float >= 0. In units of the gradient.
    rates: learning rate of each step.
    """
    return byzantine / workers * length * float(np.sum(rates))
