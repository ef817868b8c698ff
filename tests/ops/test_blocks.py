"""How columns are shared out among threads."""

import pytest
import torch

from robusttrain.ops.blocks import SHARE, across, chunk


@pytest.mark.parametrize("columns", [0, 1, SHARE // 8, SHARE // 8 + 1, SHARE + 7])
def test_ranges_cover_all_columns_in_order_whatever_the_threads(columns, monkeypatch):
    found, block = [], torch.empty(8, columns)
    for threads in (1, 4):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        found.append(across(block, lambda lo, hi: (lo, hi)))
    assert found[0] == found[1]
    assert [c for lo, hi in found[0] for c in range(lo, hi)] == list(range(columns))


def test_threads_do_not_start_threads(monkeypatch):
    from threading import get_ident

    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    block = torch.empty(8, SHARE)
    found = across(block, lambda lo, hi: set(across(block, lambda lo, hi: get_ident())))
    assert all(len(threads) == 1 for threads in found)
    assert get_ident() not in set.union(*found)


def test_an_error_in_a_thread_comes_out():
    with pytest.raises(ZeroDivisionError):
        across(torch.empty(8, SHARE), lambda lo, hi: 1 // lo)


@pytest.mark.parametrize("rows", [0, 1, 15, 64, 455, 10**6])
def test_pieces_are_bounded_on_every_device(rows):
    cpu, gpu = (chunk(rows, torch.device(name)) for name in ("cpu", "cuda"))
    assert 1024 <= cpu <= gpu <= 2**20
    assert rows * gpu <= max(2**26, 1024 * rows)
    assert gpu == 2**20 or rows > 64
