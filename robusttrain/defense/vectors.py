"""Vectors as a caller has them, torch tensors or NumPy arrays, and results of the same kind."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

Array = TypeVar("Array", Tensor, np.ndarray)  # what comes in comes out


def applied(
    name: str, vectors: Array | list[Array] | tuple[Array, ...], work: Callable[[Tensor], Tensor]
) -> Array:
    """work(V) for the matrix V [n, d] of the vectors: a tensor, an array if they are arrays.

    name: of what asks, for the messages.
    vectors: [n, d], or a list or tuple of n vectors [d]; floating. Tensors, or NumPy arrays.
    work: V -> a tensor of its dtype, none of whose memory is V's; it leaves V as it is.

    V shares the memory of a matrix, also of one that is read-only; a list is copied. No gradient
    is followed: V and the result are detached. ValueError, of one line, for anything else.

    >>> applied("sum", np.ones((2, 3)), lambda rows: rows.sum(dim=0))
    array([2., 2., 2.])
    >>> applied("sum", [torch.ones(3), torch.ones(3)], lambda rows: rows.sum(dim=0))
    tensor([2., 2., 2.])
    """
    try:
        matrix = _matrix(vectors)
        numpy = isinstance(vectors if _is_one(vectors) else vectors[0], np.ndarray)
    except ValueError as error:
        raise ValueError(f"{name} takes {error}") from None
    result: Any = work(matrix).detach()
    return result.numpy() if numpy else result


def as_tensor(vector: Any) -> Any:
    """A floating array or tensor as a detached tensor; anything else as it is, for checks."""
    return _tensor(vector) if _is_one(vector) and _is_floating(vector) else vector


def _is_one(vectors: Any) -> bool:
    return isinstance(vectors, Tensor | np.ndarray)


def _matrix(vectors: Any) -> Tensor:
    """[n, d], detached; a ValueError says what is expected, and what came."""
    if _is_one(vectors):
        _check(vectors, 2, "[n, d] with n >= 1")
        return _tensor(vectors)
    expected = "vectors [n, d], or a list of vectors [d], as torch tensors or NumPy arrays"
    if not isinstance(vectors, list | tuple):
        raise ValueError(f"{expected}; got {type(vectors).__name__}")
    if not vectors:
        raise ValueError(f"{expected}; got an empty {type(vectors).__name__}; give at least one")
    for vector in vectors:
        if not _is_one(vector):
            inside = f"a {type(vectors).__name__} that holds {type(vector).__name__}"
            raise ValueError(f"{expected}; got {inside}; make each a tensor or an array")
        _check(vector, 1, "[d] in a list")
    first = vectors[0]
    for place, vector in enumerate(vectors):
        if _described(vector) != _described(first):
            raise ValueError(
                f"vectors of one kind, dtype, shape and device; got {_described(first)} at 0, "
                f"{_described(vector)} at {place}; convert them to one"
            )
    return torch.stack([_tensor(vector) for vector in vectors])


def _described(vector: Any) -> str:
    if isinstance(vector, Tensor):
        return f"{vector.dtype} of shape {list(vector.shape)} on {vector.device}"
    return f"a NumPy array, {vector.dtype.newbyteorder('=')} of shape {list(vector.shape)}"


def _check(vectors: Any, ndim: int, shape: str) -> None:
    """Raise ValueError unless they are plain, floating, [n, d] with n >= 1 or [d]."""
    torches = isinstance(vectors, Tensor)
    size = list(vectors.shape)
    remedy = ""
    if isinstance(vectors, np.ma.MaskedArray):
        remedy = "a masked array; fill it, .filled(float('nan'))"
    elif torches and vectors.layout != torch.strided:
        remedy = f"{vectors.layout}; make it dense, .to_dense()"
    elif not _is_floating(vectors):
        single = ".float()" if torches else '.astype("float32")'
        remedy = f"{vectors.dtype} of shape {size}; convert, {single}"
    elif vectors.ndim != ndim or (ndim == 2 and size[0] == 0):
        remedy = f"{vectors.dtype} of shape {size}; give one row for each vector"
        if ndim == 1:
            remedy = f"{vectors.dtype} of shape {size}; flatten each"
    if remedy:
        raise ValueError(f"floating-point vectors {shape}; got {remedy}")


def _is_floating(vectors: Any) -> bool:
    """Those that torch computes with: half, bfloat16, single and double."""
    if isinstance(vectors, Tensor):
        return vectors.dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    return bool(vectors.dtype.newbyteorder("=") in (np.float16, np.float32, np.float64))


class _Writable:
    """The same memory, said to be writable: torch warns of what is not, though nothing writes."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array  # which keeps the memory
        interface = dict(array.__array_interface__)
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


def _tensor(vectors: Any) -> Tensor:
    """Detached, with the same memory where torch can have it: native, strides that it knows."""
    if isinstance(vectors, Tensor):
        return vectors.detach()
    array = np.asarray(vectors)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if any(step < 0 or step % array.itemsize for step in array.strides):
        array = array.copy()
    if not array.flags.writeable:
        array = np.asarray(_Writable(array))
    return torch.from_numpy(array)
