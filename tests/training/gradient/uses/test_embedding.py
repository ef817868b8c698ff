"""Tables of rows: gradients of each task."""

import pytest
from per_task import is_exact
from torch import nn


@pytest.mark.parametrize("padding", [None, 2, -1])
def test_rows_that_are_looked_up(padding):
    table = nn.Embedding(6, 3, padding_idx=padding)
    assert is_exact(nn.Sequential(table, nn.Linear(3, 2)), (9,), tokens=6)
