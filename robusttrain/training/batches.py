"""Batches that a training loop hands in, one a step, as a data set."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from robusttrain.training.data.base import Data
from robusttrain.training.samples import Samples
from robusttrain.training.trees import Tree, each, shown


class Batches(Samples):
    """The batches of a loop as one set of samples: batch t is samples tB .. (t+1)B - 1.

    batch: int. B.
    steps: int. How many batches there will be.
    source: Samples or None. What batches of indices [B] refer to; None: a batch is a pair
        (inputs [B, ...], targets [B, ...]).
    kept: int. How many of the latest batches can be read.
    coming: iterator of batches, from the first one on, or None. Where `read` takes batches from
        that `hold` was not given.
    """

    def __init__(self, batch: int, steps: int, source: Samples | None = None) -> None:
        self.batch, self.steps, self.source = batch, steps, source
        self.device = torch.device("cpu")
        self.kept = 1
        self.coming: Iterator[Any] | None = None
        self._held: dict[int, Any] = {}

    def __len__(self) -> int:
        return self.batch * self.steps

    def to(self, device: torch.device) -> "Batches":
        """This very object: what is handed in goes to `device` from now on."""
        self.device = device
        self.source = None if self.source is None else self.source.to(device)
        return self

    def hold(self, step: int, batch: Any) -> None:
        """Take the batch of `step`. Raises ValueError if it is not what a batch must be."""
        self._held[step] = self._checked(batch)
        for old in [old for old in self._held if old <= step - self.kept]:
            del self._held[old]

    def read(self, numbers: np.ndarray, seeds: np.ndarray) -> tuple[Tree, Tree]:
        step = int(numbers.flat[0]) // self.batch
        places = numbers - step * self.batch
        assert ((places >= 0) & (places < self.batch)).all(), "tasks have samples of one batch"
        held = self._at(step)
        if self.source is not None:
            return self.source.read(held[places], seeds)
        index = torch.from_numpy(places).to(self.device)
        inputs, targets = (each(lambda leaf: leaf[index], tree) for tree in held)
        return inputs, targets

    def _at(self, step: int) -> Any:
        """The batch of a step. Raises RuntimeError if it was not handed in."""
        while step not in self._held and self.coming is not None:
            number = max(self._held, default=-1) + 1
            try:
                self.hold(number, next(self.coming))
            except StopIteration:
                self.coming = None
        if step not in self._held:
            raise RuntimeError(
                f"the batch of step {step} was not handed in, or is not held any more"
            )
        return self._held[step]

    def _checked(self, batch: Any) -> Any:
        if self.source is not None:
            return self._indices(batch, len(self.source))
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise ValueError(
                f"a batch is a pair (inputs, targets); got {type(batch).__name__}"
                f"{f' of {len(batch)}' if isinstance(batch, tuple | list) else ''}; a batch of "
                "indices needs data=, the data set that they refer to"
            )
        for leaf in tree_leaves(tuple(batch)):
            if not isinstance(leaf, Tensor):
                raise ValueError(
                    f"a batch holds a {type(leaf).__name__}; give tensors, or tuples, lists and "
                    "dicts of them"
                )
            self._check_size(len(leaf) if leaf.ndim else 0)
        return tuple(each(lambda leaf: leaf.to(self.device), tree) for tree in batch)

    def _indices(self, batch: Any, size: int) -> np.ndarray:
        if isinstance(batch, tuple | list) and all(isinstance(i, int | np.integer) for i in batch):
            batch = np.array(batch)
        indices = batch.cpu().numpy() if isinstance(batch, Tensor) else batch
        if (
            not isinstance(indices, np.ndarray)
            or indices.ndim != 1
            or indices.dtype.kind not in "iu"
        ):
            raise ValueError(
                f"with data= a batch is indices [{self.batch}] int; got {shown(batch)}"
            )
        self._check_size(len(indices))
        if not 0 <= indices.min() <= indices.max() < size:
            raise ValueError(
                f"a batch has indices from {indices.min()} to {indices.max()}; data= has samples "
                f"0..{size - 1}"
            )
        return indices.astype(np.int64)

    def _check_size(self, size: int) -> None:
        if size != self.batch:
            raise ValueError(
                f"a batch has {size} samples where batch={self.batch} says otherwise; all must "
                "have the same size: give the loader drop_last=True, and batch_size=batch"
            )


class Loop(Data):
    """What a training loop learns from, before its first batch is known.

    samples: Batches.
    classes: int or None. Targets are 0..classes-1; None: not told.
    """

    in_turn: ClassVar[bool] = True

    def __init__(self, samples: Batches, classes: int | None) -> None:
        self.samples, self.classes, self.train_size = samples, classes, len(samples)

    @property
    def facts(self) -> dict[str, Any]:
        return {}

    def load(self) -> tuple[Samples, Samples | None]:
        return self.samples, None
