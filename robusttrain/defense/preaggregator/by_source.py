"""Means of the vectors that are pulled from the same worker."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from robusttrain.defense.preaggregator.base import Averaging
from robusttrain.values import check_whole


@dataclass(frozen=True)
class BySource(Averaging):
    """Cut the vectors of each source into nearly equal buckets, average each.

    A source is a worker that rows are pulled from. One with fewer rows than `buckets` gives each
    of them, one without rows gives none. Every mean counts as one vector, however many rows it is
    of, so that liars gain nothing from much or little that is pulled from them. A plain mean after
    it is not the mean of the tasks where sources have unlike numbers of rows. Nothing is drawn.

    Theorem. A row is pulled from a worker that committed to it, and honest workers commit to true
    rows alone. So a mean from an honest source is of true rows, whichever worker of the winning
    class is asked, and of n vectors, with l_w rows pulled from worker w, those that are bad are at
    most

        min(forged tasks, sum of min(buckets, l_w) over liars) <= buckets * q,

    whatever the liars say, forge or hold back, and also where most tasks are forged.

    How many are good takes more: by the choice of `vote=majority`, an honest worker that is heard
    is the source of `buckets` rows at least if it is in the winning class of buckets * (N + 1)
    tasks, N the workers that it shares tasks with. (If l_w < buckets, those of these tasks that
    are pulled from others leave each of the N at most l_w + 1 rows, as a worker with two more
    gives one away: l_w + N (l_w + 1) < buckets * (N + 1) in all.) Where that holds for all K - q,
    bad vectors are fewer than half for every q < K/2; all subsets of 15 with r = 3 and q = 7
    have it for up to 3 buckets. Where workers hold few tasks liars can take vectors from the
    honest: repetition in groups has one source a group.

    buckets: int >= 1. Means of each source at most, no more than the rows that are pulled from it.
    sources: [n] int. The worker that each vector is pulled from; a run fills it in. None: each
        has a source of its own.
    liars: int. How many of the sources may lie; a run fills it in. None: all.
    Precondition: n >= 1.
    Bad vectors out: at most `buckets` for a liar, and at most f.
    Passes: none.
    NaN, Inf: before a rule, a mean that holds one is left out and counted as bad; in a plain call,
        such rows are left out first.
    Source: follows from the vote of DETOX (2019) and Aspis (2021), which put tasks into random
        buckets.

    >>> import torch
    >>> rows = torch.tensor([[1.0], [900.0], [3.0], [800.0], [4.0]])
    >>> BySource(sources=np.array([0, 7, 0, 7, 5]))(rows).tolist()
    [[2.0], [4.0], [850.0]]
    """

    buckets: int = 1
    sources: np.ndarray | None = field(default=None, repr=False, compare=False)
    liars: int | None = field(default=None, repr=False, compare=False)

    source: ClassVar[str] = "here, after DETOX (2019) and Aspis (2021)"

    def __post_init__(self) -> None:
        check_whole("preaggregator.by_source.buckets", self.buckets, 1, use=1)

    @property
    def per_source(self) -> int:
        return self.buckets

    def pulled(self, sources: np.ndarray, liars: int) -> Self:
        return replace(self, sources=sources, liars=liars)

    def check_sources(self, sources: np.ndarray) -> None:
        most = int(np.bincount(sources).max())
        if self.buckets > most:
            raise ValueError(
                f"preaggregator.by_source.buckets={self.buckets} must be at most {most}, the tasks "
                f"that are pulled from one worker; use 1"
            )

    def without(self, kept: Sequence[int], n: int) -> Self:
        return self if self.sources is None else replace(self, sources=self._named(n)[kept])

    def rows_out(self, n: int) -> int:
        return int(self._counts(n).sum())

    def bad_out(self, n: int, f: int) -> int:
        spoilt = np.sort(self._counts(n))[::-1]
        return min(f, int(spoilt[: self.liars].sum()))

    def parts(self, n: int, rng: np.random.Generator) -> list[np.ndarray]:
        sources = self._named(n)
        rows = [np.flatnonzero(sources == worker) for worker in np.unique(sources)]
        splits = [np.array_split(own, min(self.buckets, len(own))) for own in rows]
        return [part for split in splits for part in split]

    def _counts(self, n: int) -> np.ndarray:
        """The vectors that each source gives, in the order of the sources."""
        rows = np.unique(self._named(n), return_counts=True)[1]
        return np.minimum(rows, self.buckets)

    def _named(self, n: int) -> np.ndarray:
        """[n] int: the source of each vector."""
        sources = np.arange(n) if self.sources is None else np.asarray(self.sources)
        if sources.shape != (n,):
            raise ValueError(
                f"by_source was told the sources of {sources.size} vectors, but there are {n}; "
                "give one for each"
            )
        return sources
