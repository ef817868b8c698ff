"""Means over sorted columns, each of the three ways against the words of the definition."""

import sys

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from robusttrain.ops import sorting
from robusttrain.ops.blocks import LARGE
from robusttrain.ops.kernels import sorting_numba
from robusttrain.ops.sorting import sorted_mean


@pytest.fixture(scope="module", params=["sort", "numba", "triton"])
def reduce_sorted(request):
    """The Triton kernels are interpreted, and forgotten afterwards."""
    if request.param == "sort":
        yield sorting._by_sort
    elif request.param == "numba":
        yield sorting_numba.reduce_sorted
    else:
        pytest.importorskip("triton", reason="no Triton for this platform")
        from robusttrain.ops.kernels import sorting_triton

        sorting_triton.kernel.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRITON_INTERPRET", "1")  # read when a kernel is made, not on import
            yield sorting_triton.reduce_sorted
        sorting_triton.kernel.cache_clear()


def expected(block: torch.Tensor, lo: int, hi: int, count: int) -> torch.Tensor:
    """In float64, column by column, in the words of the definition."""
    ordered = block.double().sort(dim=0).values
    centre = ordered[lo:hi].mean(dim=0)
    if not count:
        return centre
    near = (ordered - centre).abs().sort(dim=0, stable=True).indices[:count]
    return ordered.gather(0, near).mean(dim=0)


def normal(n: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, columns, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 15, 16, 17, 25, 51, 64])
def test_median_and_trimmed_mean(reduce_sorted, n):
    block = normal(n, 7)
    for lo, hi in (((n - 1) // 2, n // 2 + 1), (n // 5, n - n // 5), (0, n)):
        found = reduce_sorted(block, lo, hi, 0)
        assert torch.allclose(found.double(), expected(block, lo, hi, 0), atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), n=st.integers(1, 12), seed=st.integers(0, 2**31))
def test_any_ranks_and_any_count(reduce_sorted, data, n, seed):
    lo = data.draw(st.integers(0, n - 1))
    hi = data.draw(st.integers(lo + 1, n))
    count = data.draw(st.integers(0, n))
    block = normal(n, 5, seed)
    if 0 < count < n:  # which of two is nearer must not be a matter of rounding
        centre = expected(block, lo, hi, 0)
        far = (block.double() - centre).abs().sort(dim=0).values
        assume((far[count] - far[count - 1]).min() > 1e-5)
    found = reduce_sorted(block, lo, hi, count).double()
    assert torch.allclose(found, expected(block, lo, hi, count), atol=1e-6)


def test_of_equally_near_values_the_lower_counts(reduce_sorted):
    block = torch.tensor([[-1.0], [0.0], [1.0], [5.0], [-5.0]])
    assert reduce_sorted(block, 2, 3, 2).tolist() == [-0.5]
    assert reduce_sorted(block, 2, 3, 4).tolist() == [-1.25]


def test_what_lies_far_is_never_added(reduce_sorted):
    block = torch.tensor([[-3e38], [1.0], [2.0], [3.0], [3e38]])
    assert reduce_sorted(block, 2, 3, 3).tolist() == [2.0]
    assert reduce_sorted(block, 1, 4, 0).tolist() == [2.0]


@pytest.mark.parametrize("columns", [0, 1, 127, 128, 129, 512, 513, 1100])
def test_every_column_and_none_beyond_the_end(reduce_sorted, columns):
    held = torch.full((3, columns + 40), 9e9)
    held[:, :columns] = normal(3, columns)
    found = reduce_sorted(held[:, :columns], 1, 2, 0)
    assert torch.equal(found, held[:, :columns].sort(dim=0).values[1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dtypes_are_kept_and_summed_wide(reduce_sorted, dtype):
    block = normal(9, 33).to(dtype)
    found = reduce_sorted(block, 2, 7, 0)
    assert found.dtype == dtype
    assert torch.allclose(
        found.double(), expected(block, 2, 7, 0), rtol=2 * torch.finfo(dtype).eps, atol=1e-7
    )


def test_sums_of_half_precision_do_not_overflow(reduce_sorted):
    assert reduce_sorted(torch.full((4, 1), 6e4, dtype=torch.float16), 0, 4, 0).tolist() == [6e4]


def test_what_is_tiny_is_kept(reduce_sorted):
    assert reduce_sorted(torch.full((2, 1), 1.4e-45), 0, 2, 0).tolist() == [
        pytest.approx(1.4e-45, rel=0)
    ]


def test_any_strides_and_the_input_stays(reduce_sorted):
    held = normal(40, 66)
    before = held.clone()
    views = (held[:15], held.T[:, :15].T, held[::4, ::3], held[:10].flip(0), held[:1].expand(5, 66))
    for view in views:
        found = reduce_sorted(view, 2, 4, 0)
        assert torch.allclose(found, view.sort(dim=0).values[2:4].mean(dim=0), atol=1e-6)
    assert torch.equal(held, before)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of Triton's interpreter
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize(("lo", "hi", "count"), [(3, 4, 0), (2, 5, 0), (3, 4, 5), (0, 7, 7)])
def test_a_value_that_is_not_finite_shows_wherever_it_is(reduce_sorted, bad, lo, hi, count):
    """One per column: no row is lost, and other columns are as they were."""
    block = normal(7, 8)
    dirty = block.clone()
    dirty.diagonal().fill_(bad)
    found = reduce_sorted(dirty, lo, hi, count)
    assert found[:7].isnan().all()
    assert found[7] == reduce_sorted(block, lo, hi, count)[7]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_an_infinity_of_either_sign_is_not_averaged_away(reduce_sorted):
    block = torch.tensor([[-torch.inf], [0.0], [1.0], [2.0], [torch.inf]])
    assert reduce_sorted(block, 1, 4, 0).isnan().all()


@pytest.mark.parametrize(
    ("n", "dtype"),
    [(1, torch.float32), (15, torch.float64), (455, torch.float16), (4096, torch.float32)],
)
def test_a_large_block_is_not_sorted_and_gives_the_same_bits(n, dtype, monkeypatch):
    block = normal(n, LARGE // n + 1).to(dtype)
    ways = [(n // 2, n // 2 + 1, 0), (n // 5, n - n // 5, 0), (n // 5, n - n // 5, n - n // 5)]
    found = [sorted_mean(block, *way) for way in ways]
    for threads in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert torch.equal(sorted_mean(block, *ways[-1]), found[-1])
    for way, kernel in zip(ways, found, strict=True):
        pieces = [sorting._by_sort(piece, *way) for piece in block.split(999, dim=1)]
        assert torch.equal(torch.cat(pieces), kernel)
    monkeypatch.setattr(sorting, "_by_sort", None)
    sorted_mean(block, *ways[0])


def test_a_small_block_goes_by_the_kernel_once_that_is_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, sorting.LOOPS, sorting_numba)
    assert [sorting._repays(sorting.SMALL - less) for less in (0, 1)] == [True, False]
    monkeypatch.delitem(sys.modules, sorting.LOOPS)
    assert [sorting._repays(LARGE - less) for less in (0, 1)] == [True, False]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_columns_ascend_and_nan_is_last(dtype):
    block = normal(70, 33).to(dtype)
    block[3, 5], block[4, 6], block[9, 7] = torch.nan, torch.inf, -torch.inf
    expected = block.sort(dim=0).values
    assert torch.equal(sorting.ascending(block).nan_to_num(9e9), expected.nan_to_num(9e9))


def test_more_rows_than_a_network_is_built_for():
    rows = sorting.ROWS["cpu"] + 1
    block = normal(rows, LARGE // rows + 1)
    assert torch.equal(sorted_mean(block, rows // 2, rows // 2 + 1), block.median(dim=0).values)
