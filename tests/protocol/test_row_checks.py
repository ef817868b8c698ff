"""Row checks: a row against its leaf, on other threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from robusttrain.protocol.row_checks import Flaw, RowChecks
from robusttrain.redundancy.agreement.digest import Digest

ROWS = torch.tensor([[1.0, 2.0], [3.0, 4.0], [torch.nan, 0.0], [-torch.inf, 0.0]])


def leaves(rows):
    made = b"".join(Digest().leaf(memoryview(row.numpy()).cast("B")) for row in rows)
    return np.frombuffer(made, np.uint8).reshape(len(rows), Digest.width)


def test_each_row_is_judged_by_its_own_leaf():
    """A row that breaks its commitment is only that, also where it is not finite."""
    said = leaves(ROWS).copy()
    said[1, 31] ^= 1
    said[3, 0] ^= 1
    with ThreadPoolExecutor(2) as pool:
        found = RowChecks(Digest(), pool).begin(ROWS, said).result()
    assert found == [Flaw.NONE, Flaw.BROKEN, Flaw.INFINITE, Flaw.BROKEN]


def test_the_caller_does_not_wait():
    """The one thread of the pool is held up until after `begin` has returned."""
    hold = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold.wait, 60)
        check = RowChecks(Digest(), pool).begin(ROWS[:1], leaves(ROWS[:1]))
        assert not check.done()
        hold.set()
        assert check.result() == [Flaw.NONE]
