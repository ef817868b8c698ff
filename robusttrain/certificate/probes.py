"""What probes guarantee against q liars, known before a run: forged vectors, passed lies, price."""

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any

import numpy as np

from robusttrain.combinatorics.cyclic_runs import exposed_chances
from robusttrain.names import counted
from robusttrain.values import check_whole

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
        """`price` in a run of so many steps with as many alert steps as there can be.

        They are n at the start, n at the end and n for each of q convictions.
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


def repeated(ends: np.ndarray, stride: int, stays: float) -> np.ndarray:
    """sum_i stays^i ends shifted up by i strides, in log2 steps: (1 + aT)(1 + (aT)^2) ... ends."""
    total, factor = ends.copy(), stays
    while stride < len(total):
        total[stride:] += factor * total[:-stride].copy()
        stride, factor = 2 * stride, factor**2
    return total


def as_dict(probes: Probes) -> dict[str, Any]:
    """What is guaranteed, in numbers, for JSON; figures that are not finite are null."""
    figures = {"absences": probes.absences, "seen": probes.seen, "expected": probes.expected,
               "mean": probes.mean, "p99": probes.quantile(), "price": probes.price}  # fmt: skip
    finite = {k: v if math.isfinite(v) else None for k, v in figures.items()}
    return {**dataclasses.asdict(probes), **finite}


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
            f"a forged sum, off by a median sum's length or more, passes an honest checker with "
            f"probability {p.passes:.2g} at most; "
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
