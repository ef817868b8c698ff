"""Whose each vector is, and the server's own vector: what a rule may ask for beside the vectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from robusttrain.defense.streaming.assumption import Undefined
from robusttrain.names import name_of
from robusttrain.values import is_whole


def named(workers: Sequence[int] | np.ndarray | None, n: int) -> np.ndarray:
    """[n] int64: whose each of n vectors is; where None is given, vector i is worker i's.

    Raises ValueError unless n different whole numbers are given.
    """
    if workers is None:
        return np.arange(n)
    given = list(workers)
    if len(given) != n or len(set(given)) != n or not all(map(is_whole, given)):
        raise ValueError(
            f"workers={given} must name a worker, a whole number >= 0, for each of the {n} "
            "vectors, none of them twice"
        )
    return np.array(given, dtype=np.int64)


def single(rule: Any, workers: np.ndarray | None) -> np.ndarray:
    """`workers` [n]; Undefined if they are None: the vectors are not one worker's each."""
    if workers is None:
        raise Undefined(
            f"{name_of(rule)} needs vectors of one worker each; got what majorities of copies say, "
            "means of several, or several of one worker; use assignment=single and "
            "preaggregator=[], and leave assignment.tasks null"
        )
    return workers


def check_root(rule: Any, root: Any) -> None:
    """Raise Undefined if the server has no vector of its own, or it is not finite.

    ValueError: it is no floating tensor [d].
    """
    name = name_of(rule)
    if root is None:
        raise Undefined(
            f"{name} needs a gradient of the server's own; got none; set defense.root_samples=100, "
            "or give root=[d] to a plain call"
        )
    if not isinstance(root, Tensor) or root.ndim != 1 or not root.is_floating_point():
        given = list(root.shape) if isinstance(root, Tensor) else type(root).__name__
        raise ValueError(f"{name} takes a floating root [d]; got {given}")
    if not bool(torch.isfinite(root).all()):
        raise Undefined(f"{name} needs a finite root; got one with NaN or Inf")
