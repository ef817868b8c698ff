"""What probes guarantee against q liars, known before a run: forged vectors, passed lies, price."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np

from robusttrain.names import counted
from robusttrain.redundancy.fingerprint import SD, UNIT
from robusttrain.values import check_whole

ROUNDING = UNIT / math.sqrt(3) / SD  # see `pass_chance`
MANY = 10**6  # forged vectors, beyond which their distribution is not computed


@dataclass(frozen=True)
class Probes:
    """Figures for K workers of which q lie or ever err, where nobody else does.

    workers: int. K.
    byzantine: int. q < K/2.
    share: float in (0, 1]. s, the probability with which a step is probed.
    checkers: int in 1..K-1. c, the workers that check each sum.
    passes: float in [0, 1]. P, the chance that a forged sum passes an honest checker; 0 for exact
        claims.
    alert: int >= 0. Steps with share 1 at the start, at the end and after each conviction. No
        bound on what liars do counts on it: they see it, and can wait.
    Raises ValueError if q or c is too large, or c < 1.
    """

    workers: int
    byzantine: int
    share: float
    checkers: int
    passes: float = 0.0
    alert: int = 0

    def __post_init__(self) -> None:
        workers, most = self.workers, (self.workers - 1) // 2
        check_whole("probe.checkers", self.checkers, 1, use=1)
        if self.checkers >= workers:
            raise ValueError(
                f"probe.checkers={self.checkers} must be below workers={workers}; "
                f"use at most {workers - 1}"
            )
        if self.byzantine > most:
            raise ValueError(
                f"defense.byzantine={self.byzantine} must be below half of workers={workers} with "
                f"agreement=probe; assume at most {most}"
            )

    def bad(self, convicted: int = 0) -> int:
        """Bad vectors of a step at worst, after so many convictions: q - convicted."""
        return max(0, self.byzantine - convicted)

    @property
    def absences(self) -> int:
        """Honest workers that may be missing in a step while most vectors stay honest: K - 2q - 1.

        It holds after convictions, too: each takes away one vector and one liar.
        """
        return self.workers - 2 * self.byzantine - 1

    @property
    def seen(self) -> float:
        """a: the chance that a liar's sum has an honest checker, in a probed step.

            a = 1 - C(q-1, c) / C(K-1, c)

        It grows with every conviction. Honest checkers that stay silent take from it.
        """
        q, c = self.byzantine, self.checkers
        return 1 - comb(q - 1, c) / comb(self.workers - 1, c) if q else 1.0

    @property
    def expected(self) -> float:
        """Forged vectors used until every liar is convicted, in expectation, at most.

            E <= q / (s a (1 - P))

        Each forged vector convicts its author with at least that chance, whatever liars do and
        when; so it does not depend on the number of steps. An expectation: the number varies.
        """
        caught = self.share * self.seen * (1 - self.passes)
        if self.byzantine == 0:
            return 0.0
        return self.byzantine / caught if caught else math.inf

    @property
    def price(self) -> float:
        """Gradients computed over those of plain training, outside of alert steps: 1 + s c."""
        return 1 + self.share * self.checkers

    def mean_price(self, steps: int) -> float:
        """Gradients computed over those of plain training in a run of so many steps, at most.

            1 + c s' with s' the mean share: s, and 1 in the alert steps

        Of alert steps there are at most 2 n + q n. In a step without a probe the price is 1.
        """
        alert = min(steps, self.alert * (2 + self.byzantine)) / steps if steps else 0.0
        return 1 + self.checkers * (self.share + (1 - self.share) * alert)

    def expected_with(self, restarts: int) -> float:
        """E <= q / (s a (1 - P)) + q (restarts + 1): a step can be lost between use and verdict."""
        return self.expected + self.byzantine * (restarts + 1)

    @cached_property
    def mean(self) -> float:
        """Forged vectors in expectation where all liars forge in every step until convicted.

        They vouch for each other, and only sources are convicted:
        s (1 - p_0) E_m = m + s sum_j p_j E_{m-j}, with p_j the chance that j of m are caught.
        """
        means = [0.0]
        for m in range(1, self.byzantine + 1):
            caught = self._caught(m)
            rest = sum(p * means[m - j] for j, p in enumerate(caught) if j)
            some = self.share * (1 - caught[0])
            means.append((m + self.share * rest) / some if some else math.inf)
        return means[-1]

    def quantile(self, level: float = 0.99) -> float:
        """The least number of forged vectors that is not exceeded with probability `level`.

        For the liars of `mean`, exact; where more than 10^6 are expected, what Markov's
        inequality gives instead: `expected` / (1 - level).
        """
        if self.expected > MANY:
            return self.expected / (1 - level)
        size = 4 * math.ceil(self.expected + self.byzantine) + 1
        while not len(reached := np.flatnonzero(np.cumsum(self._chances(size)) >= level)):
            size *= 2
        return float(reached[0])

    def _chances(self, size: int) -> np.ndarray:
        """[size] float: the chances of 0, 1, ... forged vectors; those of more are left out."""
        chances = [np.zeros(size)]
        chances[0][0] = 1.0
        for m in range(1, self.byzantine + 1):
            caught = self._caught(m)
            fewer = np.sum([p * chances[m - j] for j, p in enumerate(caught) if j], axis=0)
            ends = np.zeros(size)
            ends[m:] = self.share * fewer[:-m]
            chances.append(repeated(ends, m, 1 - self.share * (1 - caught[0])))
        return chances[-1]

    def _caught(self, liars: int) -> list[float]:
        """[liars + 1]: the chance that so many are caught in a probed step in which all forge."""
        honest = self.workers - self.byzantine
        exposed = exposed_chances(liars, honest, min(self.checkers, liars + honest - 1))
        caught = [0.0] * (liars + 1)
        for among, chance in enumerate(exposed):
            for j in range(among + 1):
                thinned = comb(among, j) * (1 - self.passes) ** j * self.passes ** (among - j)
                caught[j] += chance * thinned
        return caught


def exposed_chances(liars: int, honest: int, checkers: int) -> list[float]:
    """[liars + 1]: the chance that so many liars have an honest checker.

    In a random cyclic order the liars between two honest workers form a run; of a run of L, the
    first min(L, c) have an honest worker among the c before them. The `honest` runs, some empty,
    have lengths that add up to `liars`, every way with the same chance.

    liars: int. m.
    honest: int >= 1. Workers that are none.
    checkers: int >= 1. c.
    """
    ways = np.zeros((liars + 1, liars + 1))  # liars placed so far, of them exposed
    ways[0, 0] = 1.0
    for _ in range(honest):
        longer = np.zeros_like(ways)
        for run in range(liars + 1):
            first = min(run, checkers)
            longer[run:, first:] += ways[: liars + 1 - run, : liars + 1 - first]
        ways = longer
    return (ways[liars] / ways[liars].sum()).tolist()


def repeated(ends: np.ndarray, stride: int, stays: float) -> np.ndarray:
    """sum_i stays^i ends shifted up by i strides, in log2 steps: (1 + aT)(1 + (aT)^2) ... ends."""
    total, factor = ends.copy(), stays
    while stride < len(total):
        total[stride:] += factor * total[:-stride].copy()
        stride, factor = 2 * stride, factor**2
    return total


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


def drift(workers: int, byzantine: int, length: float, rates: Sequence[float]) -> float:
    """How far q liars move the parameters with errors of `length` in every step, under the mean.

        q / K  length  sum of learning rates

    Errors of length tau / sd(r) pass more often than not; longer ones convict their author sooner.
    For SGD; a rule or an optimizer that rescales coordinates can make more of an error.

    length: float >= 0. In units of the gradient.
    rates: learning rate of each step.
    """
    return byzantine / workers * length * float(np.sum(rates))


def probe_lines(probes: Probes, restarts: int = 0, tolerance: float | None = None) -> list[str]:
    """What is guaranteed, what it costs and what breaks it, for a person.

    restarts: int >= 0. Of the server, that are reckoned with.
    tolerance: float or None. c_tau of products; None: exact claims.
    """
    p = probes
    q = p.byzantine
    lines = [
        f"probes: {counted(p.workers, 'worker')}, {q} may lie or err; a step is probed with "
        f"probability {p.share:g}, each sum by {counted(p.checkers, 'checker')}",
        f"bad vectors in a step: at most {q} of {p.workers}, one fewer with each conviction; "
        f"{counted(p.absences, 'honest absence')} a step leave honest vectors the majority",
        f"forged vectors in the whole run, however long: {p.expected_with(restarts):.0f} expected "
        f"at most with {counted(restarts, 'restart')} of the server; if all forge at once "
        f"{p.mean:.0f} on average, 99 % of runs at most {p.quantile():.0f}",
    ]
    if tolerance is None:
        lines.append("a forged sum with an honest checker is always seen (exact claims)")
    else:
        lines.append(
            f"a forged sum passes an honest checker with probability {p.passes:.2g} at most; "
            f"errors below {2 * tolerance:.2g} of a sum of median length may never be seen: "
            f"{q / p.workers * 2 * tolerance:.2g} of the mean's path, under SGD"
        )
    lines += [
        f"computation: {p.price:g} times plain training on average, {1 + p.checkers} times in a "
        "probed step",
        f"void if more than {q} lie or ever err, hardware included, or if the server lies; "
        "checkers read the data of those they check",
    ]
    return lines
