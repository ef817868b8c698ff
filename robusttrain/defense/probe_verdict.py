"""Probe verdict: from sums, claims and recomputations to who lied in a probed step.

| source | checker | outcome |
|---|---|---|
| honest | honest | no dispute |
| liar | honest | the source is convicted, or its error is below the tolerance |
| honest | liar | the checker is convicted, or its claim passes |
| liar | liar | passes, or at least one of them is convicted |
| any | silent | the check lapses |
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import numpy as np

from robusttrain.redundancy.checkers import checkers_of
from robusttrain.redundancy.fingerprint import SD, Fingerprint, values_of


class Comparison(ABC):
    """When two fingerprints of the same sum are too different.

    perturbations: int. How many sums at slightly other parameters a claim must contradict besides
        the true one, to be refuted.
    """

    perturbations: ClassVar[int] = 0

    def truths(self, recompute: Callable[[int], Fingerprint]) -> Iterator[Fingerprint]:
        """What a claim must contradict: the true sum, then those at perturbed parameters.

        recompute: number of a perturbation, 0 for none -> fingerprint; called as they are taken.
        """
        return map(recompute, range(1 + self.perturbations))

    @abstractmethod
    def disputes(self, received: Fingerprint, claim: bytes) -> bool:
        """Whether a checker's claim contradicts the sum that the server received."""

    @abstractmethod
    def refutes(self, truth: Fingerprint, claim: bytes, received: Fingerprint) -> bool:
        """Whether the recomputed sum shows a claim, of the source or a checker, to be false."""

    @abstractmethod
    def settles(self, truth: Fingerprint) -> bool:
        """Whether this recomputed sum can refute anything."""


@dataclass(frozen=True)
class SameBits(Comparison):
    """Claims are digests, and the referee's hardware is that of the workers: equal or a lie."""

    def disputes(self, received: Fingerprint, claim: bytes) -> bool:
        return claim != received.claim

    def refutes(self, truth: Fingerprint, claim: bytes, received: Fingerprint) -> bool:
        return claim != truth.claim

    def settles(self, truth: Fingerprint) -> bool:
        return True


@dataclass(frozen=True)
class Within(Comparison):
    """Claims are products p = <r, S>, which differ between classes of hardware.

        tau   = c_tau sd(r) (|S| + m)
        tau_R = c_tau sd(r) (max(|S|, |R|) + m)
        dispute iff not |p - sigma| <= tau        refuted iff not |claim - <r, R>| <= tau_R / 2

    in any lane; m is the median of the norms of the whole sums, R the recomputed sum. A product
    that is not a number is beyond every tolerance. An honest worker's claim is never refuted where
    classes differ by |<r, S' - R>| <= tau_R / 2. A dispute can end undecided where tau_R > tau,
    that is |R| > |S|: its source then erred by at most tau_R / 2 along r.

    Gradients jump where a ReLU or a maximum changes sides. Where an input lies within rounding of
    such a place, classes of hardware find different sums, both of them honest, and parameters that
    are perturbed by little more than rounding find both: hence `perturbations`. (Without: 2 of 1e5
    honest checks of a small CNN late in training differed by 14 %, and convicted 6 workers.)

    tolerance: float > 0. c_tau, at least 12 times the largest relative difference of sums.
    lanes: int >= 1. Products in a claim.
    median: float >= 0. m.
    """

    perturbations: ClassVar[int] = 16

    tolerance: float
    lanes: int
    median: float

    @classmethod
    def of(cls, tolerance: float, lanes: int, sums: Mapping[int, Fingerprint]) -> "Within":
        """With the median of the norms of those `sums` that are finite; 0 if there are none."""
        norms = [made.norm for made in sums.values() if made.finite]
        return cls(tolerance, lanes, float(np.median(norms)) if norms else 0.0)

    def disputes(self, received: Fingerprint, claim: bytes) -> bool:
        return self._apart(claim, received.claim, self._tau(received.norm))

    def refutes(self, truth: Fingerprint, claim: bytes, received: Fingerprint) -> bool:
        return self._apart(claim, truth.claim, self._tau(max(received.norm, truth.norm)) / 2)

    def settles(self, truth: Fingerprint) -> bool:
        return truth.finite

    def _tau(self, norm: float) -> float:
        return self.tolerance * SD * (norm + self.median)

    def _apart(self, one: bytes, other: bytes, limit: float) -> bool:
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(values_of(one, self.lanes) - values_of(other, self.lanes))
        return not bool((apart <= limit).all())


@dataclass(frozen=True)
class ProbeVerdict:
    """What a probe has shown.

    convicted: worker -> reason, for those proved to have lied; as `types.Verdict` has it.
    recomputed: the sources whose sums the referee recomputed, in order.
    undecided: those among them where its sum convicted nobody.
    lapsed: (checker, source), ascending, where no claim came about a sum that was received.
    """

    convicted: Mapping[int, str] = field(default_factory=dict)
    recomputed: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()
    lapsed: tuple[tuple[int, int], ...] = ()


def judge(
    order: Sequence[int],
    checkers: int,
    sums: Mapping[int, Fingerprint],
    claims: Mapping[int, Mapping[int, bytes]],
    recompute: Callable[[int, int], Fingerprint],
    comparison: Comparison,
    where: Callable[[int], str] = lambda source: "",
) -> ProbeVerdict:
    """The verdict on a probed step: source by source, ascending, one recomputation each at most.

    A dispute with a party that is already convicted is void. A sum that is not finite is not
    compared and convicts nobody, nor does a sum that is not whole. Claims about a sum that its
    author was not told to recompute are ignored.

    order: the members at the toss, in the cyclic order that was drawn.
    checkers: int >= 0. Successors that each member checks.
    sums: worker -> fingerprint of its sum, for the members whose sum is whole.
    claims: checker -> source -> claim; missing where nothing came.
    recompute: the referee: worker, number of a perturbation -> fingerprint of the true sum of its
        share, at parameters that are perturbed so; 0: not at all.
    comparison: Comparison. How claims are compared.
    where: source -> what its sum is of, such as " of step 3, task 7", for the reasons.
    """
    convicted: dict[int, str] = {}
    recomputed, undecided, lapsed = [], [], []
    assigned = checkers_of(order, checkers)
    for source in sorted(assigned.keys() & sums.keys()):
        received = sums[source]
        if not received.finite:
            continue
        said = {w: claims[w][source] for w in assigned[source] if source in claims.get(w, ())}
        lapsed += [(w, source) for w in sorted(set(assigned[source]) - said.keys())]
        said = {w: claim for w, claim in sorted(said.items()) if w not in convicted}
        disputing = [w for w, claim in said.items() if comparison.disputes(received, claim)]
        if source in convicted or not disputing:
            continue
        truths = comparison.truths(partial(recompute, source))
        recomputed.append(source)
        liars = refuted(source, received, said, truths, comparison, disputing, where(source))
        convicted |= liars
        undecided += [] if liars else [source]
    return ProbeVerdict(convicted, tuple(recomputed), tuple(undecided), tuple(sorted(lapsed)))


def refuted(
    source: int,
    received: Fingerprint,
    said: Mapping[int, bytes],
    truths: Iterable[Fingerprint],
    comparison: Comparison,
    disputing: Collection[int],
    where: str = "",
) -> dict[int, str]:
    """Worker -> reason: the source and those of its checkers whom every recomputed sum refutes.

    source: int. Whose sum is disputed.
    received: Fingerprint. Of the sum that the server received from it.
    said: checker -> its claim.
    truths: fingerprints of the recomputed sum, computed as they are taken; the first is the true
        one. If that settles nothing, nobody is refuted; others that settle nothing do not count.
    comparison: Comparison. How claims are compared.
    disputing: the checkers that dispute it.
    where: what the sum is of.
    """
    suspects = {source: received.claim, **said}
    for number, truth in enumerate(truths):
        if not comparison.settles(truth):
            if number == 0:
                return {}
            continue
        suspects = {w: c for w, c in suspects.items() if comparison.refutes(truth, c, received)}
        if not suspects:
            break
    by = ", ".join(map(str, sorted(disputing)))
    claimed = f"claimed a wrong fingerprint of worker {source}'s sum{where}, recomputed"
    sent = f"sent a wrong sum{where}: disputed by {by}, recomputed"
    return {worker: sent if worker == source else claimed for worker in suspects}
