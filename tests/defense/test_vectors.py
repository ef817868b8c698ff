"""Tensors and arrays, whole or in lists: their memory, what comes back, what is refused."""

import warnings

import numpy as np
import pytest
import torch

from robusttrain.defense.vectors import applied, as_tensor

ARRAY = np.arange(12.0, dtype=np.float32).reshape(3, 4)
TENSOR = torch.from_numpy(ARRAY.copy())


def seen(vectors):
    """The matrix that the work is given."""
    matrices = []
    applied("it", vectors, lambda matrix: matrices.append(matrix) or matrix.clone())
    return matrices[0]


def frozen(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "array",
    [
        ARRAY,
        ARRAY.astype(np.float64),
        np.asfortranarray(ARRAY),
        ARRAY[::2, 1:3],
        frozen(ARRAY.copy()),
        np.broadcast_to(ARRAY[0], (3, 4)),
    ],
    ids=["plain", "double", "columns", "strided", "read-only", "broadcast"],
)
def test_a_view_is_not_copied_and_nothing_warns(array):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrix = seen(array)
    assert matrix.data_ptr() == array.__array_interface__["data"][0]
    assert np.array_equal(matrix.numpy(), array)


@pytest.mark.parametrize(
    "array",
    [
        ARRAY[::-1],
        ARRAY[:, ::-1],
        ARRAY.astype(ARRAY.dtype.newbyteorder()),
        np.zeros(3, [("a", "i2"), ("b", "f4", 4)])["b"],
        np.empty((3, 0), np.float16),
        frozen(np.empty((3, 0))),
    ],
    ids=["upside down", "mirrored", "swapped", "field", "no columns", "no columns, read-only"],
)
def test_memory_that_torch_does_not_know_is_copied(array):
    assert np.array_equal(seen(array).numpy(), array)
    out = applied("it", array, lambda matrix: matrix.sum(dim=0))
    assert out.dtype == array.dtype.newbyteorder("=")


def test_a_tensor_keeps_its_memory_and_loses_its_graph():
    leaf = TENSOR.clone().requires_grad_()
    matrix = seen(leaf)
    assert matrix.data_ptr() == leaf.data_ptr()
    assert not matrix.requires_grad
    assert not seen(list(leaf * 2)).requires_grad
    weight = torch.ones(4, requires_grad=True)
    for vectors in (TENSOR, ARRAY):
        assert not getattr(
            applied("it", vectors, lambda matrix: matrix[0] * weight), "requires_grad", False
        )


def test_what_goes_in_comes_out():
    for vectors in (ARRAY, list(ARRAY), tuple(ARRAY), [*frozen(ARRAY.copy())]):
        out = applied("it", vectors, lambda matrix: matrix[1] * 2)
        assert isinstance(out, np.ndarray)
        assert out.tolist() == (ARRAY[1] * 2).tolist()
    for vectors in (TENSOR, list(TENSOR), tuple(TENSOR)):
        assert torch.equal(applied("it", vectors, lambda matrix: matrix[1] * 2), TENSOR[1] * 2)


def test_an_error_of_the_work_is_not_ours():
    def fail(matrix):
        raise ValueError("other")

    with pytest.raises(ValueError, match=r"^other$"):
        applied("it", TENSOR, fail)


@pytest.mark.parametrize(
    ("vectors", "says"),
    [
        (ARRAY.astype(int), 'got int64 of shape [3, 4]; convert, .astype("float32")'),
        (ARRAY.astype(object), 'got object of shape [3, 4]; convert, .astype("float32")'),
        (ARRAY.astype(np.longdouble), 'of shape [3, 4]; convert, .astype("float32")'),
        (ARRAY.astype(complex), "got complex128 of shape [3, 4]; convert"),
        (TENSOR.int(), "got torch.int32 of shape [3, 4]; convert, .float()"),
        (TENSOR.to(torch.float8_e5m2), "got torch.float8_e5m2 of shape [3, 4]; convert"),
        (TENSOR[0], "got torch.float32 of shape [4]; give one row for each vector"),
        (ARRAY[None], "got float32 of shape [1, 3, 4]; give one row for each vector"),
        (ARRAY[:0], "got float32 of shape [0, 4]; give one row for each vector"),
        (np.float32(1), "got float32; "),
        (TENSOR.to_sparse(), "got torch.sparse_coo; make it dense, .to_dense()"),
        (np.ma.masked_less(ARRAY, 3), "got a masked array; fill it, .filled(float('nan'))"),
        ([], "got an empty list; give at least one"),
        ((), "got an empty tuple; give at least one"),
        (None, "got NoneType"),
        (ARRAY.tolist(), "got a list that holds list; make each a tensor or an array"),
        ([1.0, 2.0], "got a list that holds float"),
        ({"a": ARRAY}, "got dict"),
        ((row for row in ARRAY), "got generator"),
        ([ARRAY, ARRAY], "vectors [d] in a list; got float32 of shape [3, 4]; flatten each"),
        ([ARRAY[0].astype(int)], "vectors [d] in a list; got int64 of shape [4]; convert"),
        ([TENSOR[0], ARRAY[1]], "on cpu at 0, a NumPy array, float32 of shape [4] at 1; convert"),
        ([ARRAY[0], ARRAY[1], ARRAY[1, :3]], "of shape [4] at 0, a NumPy array, float32 of shape"),
        ([TENSOR[0], TENSOR[0].double()], "torch.float64 of shape [4] on cpu at 1; convert them"),
    ],
    ids=lambda value: value[-24:] if isinstance(value, str) else "",
)
def test_anything_else_is_refused_in_one_line_with_a_remedy(vectors, says):
    with pytest.raises(ValueError) as refused:
        applied("it", vectors, lambda matrix: matrix[0])
    message = str(refused.value)
    assert message.startswith("it takes ")
    assert "vectors" in message
    assert says.removesuffix("; ") in message
    assert "\n" not in message


def test_one_vector_becomes_a_tensor_of_its_memory():
    array, tensor = np.ones(3), torch.ones(3, requires_grad=True)
    assert as_tensor(array).data_ptr() == array.ctypes.data
    assert not as_tensor(tensor).requires_grad
    for other in (None, [1.0], np.array([1]), torch.tensor([1])):
        assert as_tensor(other) is other
