"""Pre-aggregators: linear maps that turn n vectors into m before the rule sees them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.streaming.assumption import Undefined, check_assumed, fewer
from robusttrain.defense.streaming.incoming import Incoming
from robusttrain.defense.streaming.mixture import compose
from robusttrain.defense.vectors import Array, applied
from robusttrain.names import name_of
from robusttrain.ops.gram import centred_gram, mix

__all__ = ["PreAggregator", "Recurrent", "Undefined", "centred_gram", "mix"]


class PreAggregator(ABC):
    """A matrix M [m, n]; the rule is given M V in the place of V [n, d].

    needs_gram: bool. M depends on the vectors, through their Gram matrix.
    needs_origin: bool. The Gram matrix is about the origin, so that it holds norms, and the rows
        of M may sum to less than one: the rest of the weight lies on the origin. It implies
        needs_gram.
    keeps_rows: bool. Row i of M V stands for the worker that row i of V stands for.
    f, where it has one: int or None. Bad vectors assumed; None: as many as can be, fewer than
        half.
    """

    needs_gram: ClassVar[bool] = False
    needs_origin: ClassVar[bool] = False
    keeps_rows: ClassVar[bool] = False
    source: ClassVar[str]
    precondition: ClassVar[str] = "n >= 1"
    repeats: ClassVar[bool] = True  # identical vectors stay as they are

    def check(self, n: int) -> None:
        """Raise Undefined, with the remedy, if the stage is not defined for n vectors."""
        return

    def rows_out(self, n: int) -> int:
        """m, the number of vectors that come out of n; n, where a stage does not say otherwise."""
        return n

    def bad_out(self, n: int, f: int) -> int:
        """How many of the m vectors out can be bad when f of the n vectors in are: one for one."""
        return min(f, self.rows_out(n))

    @property
    def per_source(self) -> int | None:
        """How many vectors it makes of one worker's at most; None: it does not ask whose they are.

        A worker is the source of the vectors that are pulled from it.
        """
        return None

    def pulled(self, sources: np.ndarray, liars: int) -> Self:
        """The stage, told the source [n] int of each vector, and how many of them may be liars."""
        return self

    def check_sources(self, sources: np.ndarray) -> None:
        """Raise ValueError, with the remedy, unless it fits a run with these sources [n] int."""
        return

    def without(self, kept: Sequence[int], n: int) -> Self:
        """The stage for the vectors `kept` of n, the others having been found out."""
        less: Self = fewer(self, n - len(kept))
        return less

    def join(self, vectors: Incoming) -> Incoming:
        """The vectors with this stage before them."""
        return vectors.then(self)

    @abstractmethod
    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        """M [m, n] float64 >= 0, from the Gram matrix [n, n] if it is needed."""

    def __call__(
        self,
        vectors: Array | list[Array] | tuple[Array, ...],
        rng: np.random.Generator | None = None,
    ) -> Array:
        """M V for a plain matrix V [n, d]; without `rng`, the draw of seed 0.

        vectors: V, or a list or tuple of its rows; floating. NumPy arrays give an array, torch
            tensors a tensor, which carries no gradient.

        Rows that are not finite are left out first. ValueError on another shape or type, or if
        none is.
        """
        return applied(type(self).__name__, vectors, lambda matrix: self._mixed(matrix, rng))

    def _mixed(self, vectors: Tensor, rng: np.random.Generator | None) -> Tensor:
        sound = torch.isfinite(vectors).all(dim=1)
        kept = vectors if bool(sound.all()) else vectors[sound]
        if len(kept) == 0:
            raise Undefined(f"{name_of(self)}: none of the {len(vectors)} vectors is finite")
        gram = None
        if self.needs_gram or self.needs_origin:
            gram = centred_gram([kept], origin if self.needs_origin else None)
        stage = self.without(sound.nonzero().flatten().tolist(), len(vectors))
        matrix, _ = compose([stage], len(kept), gram, rng or np.random.default_rng(0))
        return mix(matrix, kept).clone()


class Averaging(PreAggregator):
    """A stage that averages parts of the vectors, which are known before any vector is seen."""

    @abstractmethod
    def parts(self, n: int, rng: np.random.Generator) -> list[np.ndarray]:
        """The vectors of each of the m means; every one of the n is in one of them."""

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        return averages(self.parts(n, rng), n)


@dataclass(frozen=True)
class Assuming(PreAggregator):
    """A stage that goes by the Gram matrix and by f, how many of the n vectors are bad.

    f: int >= 0, n >= 2f+1. None: as many as n allows.
    """

    f: int | None = None

    needs_gram: ClassVar[bool] = True
    precondition: ClassVar[str] = "n >= 2f+1"

    def check(self, n: int) -> None:
        self.assumed(n)

    def assumed(self, n: int) -> int:
        """f, or the most that n allows where it is None.

        Raises ValueError unless it is a whole number >= 0, Undefined unless 2f < n.
        """
        most, name = (n - 1) // 2, name_of(self)
        if self.f is None:
            return most
        check_assumed(self, f"preaggregator.{name}.f")
        if self.f > most:
            raise Undefined(
                f"{name} needs n >= 2f+1; got n={n}, f={self.f}; lower preaggregator.{name}.f, use "
                f"more buckets or tasks, or leave preaggregator.{name}.f null"
            )
        return self.f

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        assert gram is not None
        return self.matrix(gram, self.assumed(n))

    @abstractmethod
    def matrix(self, gram: Tensor, f: int) -> Tensor:
        """M [n, n] float64 >= 0 from the Gram matrix [n, n] of n >= 2f+1 vectors."""


class Recurrent(PreAggregator):
    """A stage that goes on from what it remembers of earlier steps, row by row.

    A plain call and `mixing` are those of the first step, where nothing is remembered: M = I.
    """

    keeps_rows: ClassVar[bool] = True

    def join(self, vectors: Incoming) -> Incoming:
        """The vectors after this stage."""
        return vectors.through(self.advance)

    @abstractmethod
    def advance(self, blocks: Iterable[Tensor], remember: bool) -> Iterator[Tensor]:
        """Blocks [n, b] -> blocks [n, b]; what is remembered changes after the last one."""

    def mixing(self, n: int, gram: Tensor | None, rng: np.random.Generator) -> Tensor:
        return torch.eye(n, dtype=torch.float64)


def origin(block: Tensor, place: int) -> Tensor:
    """One row of zeros, to stand for the origin in a Gram matrix."""
    return block.new_zeros(1, block.shape[1])


def averages(parts: list[np.ndarray], n: int) -> Tensor:
    """[m, n]: the matrix that averages each part."""
    matrix = torch.zeros(len(parts), n, dtype=torch.float64)
    for row, part in zip(matrix, parts, strict=True):
        row[torch.from_numpy(part)] = 1.0 / len(part)
    return matrix
