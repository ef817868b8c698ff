"""Blocks that do not fit, and what is computed per coordinate."""

import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.streaming.coordinates import checked, reduced
from robusttrain.ops.blocks import chunk


@pytest.mark.parametrize(
    "second",
    [torch.zeros(4, 2), torch.zeros(3), torch.zeros(3, 2).double(), torch.zeros(3, 2).long()],
)
@pytest.mark.parametrize("rule", [Median(), Krum(0)])
def test_blocks_must_be_like_the_first(second, rule):
    with pytest.raises(ValueError, match=r"like the first; got .* the first is torch.float32 of"):
        combine([torch.zeros(3, 2), second], rule)


def test_no_blocks_and_no_rows():
    with pytest.raises(ValueError, match="no block to aggregate"):
        combine([], Median())
    with pytest.raises(ValueError, match=r"n >= 1.*shape \[0, 4\]"):
        list(checked([torch.zeros(0, 4)]))


def test_more_columns_than_one_piece():
    width = 2 * chunk(5, torch.device("cpu")) + 7
    block = torch.randn(5, width, generator=torch.Generator().manual_seed(0))
    assert torch.equal(reduced(Median(), block), block.median(dim=0).values)


@pytest.mark.parametrize("rule", [Median(), TrimmedMean(1), Mean()], ids=lambda rule: rule.name)
def test_values_left_out_of_every_piece(rule):
    width = 2 * chunk(5, torch.device("cpu")) + 7
    block = torch.randn(5, width, generator=torch.Generator().manual_seed(0))
    block[2] = torch.nan
    rest = block[[0, 1, 3, 4]]
    less = TrimmedMean(0) if rule == TrimmedMean(1) else rule
    torch.testing.assert_close(reduced(rule, block), reduced(less, rest))
    block[2, : width - 1] = 0.0
    clean = block.clone()
    clean[2, -1] = 0.0
    assert torch.equal(reduced(rule, block)[:-1], reduced(rule, clean)[:-1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_coordinate_counts_its_own(dtype):
    nan, inf = float("nan"), float("inf")
    block = torch.tensor(
        [
            [1, 1, 1, 3e38],
            [2, nan, 2, 3e38],
            [3, 5, -inf, 3e38],
            [9, inf, nan, 3e38],
            [4, 4, 4, 3e38],
        ],
        dtype=dtype,
    )
    assert reduced(Median(), block).tolist() == pytest.approx([3, 4, 2, 3e38])
    assert reduced(Mean(), block).tolist() == pytest.approx([3.8, 10 / 3, 7 / 3, 3e38])
    assert reduced(TrimmedMean(2), block).tolist() == pytest.approx([3, 10 / 3, 7 / 3, 3e38])


def test_too_little_left_in_one_coordinate():
    block = torch.ones(3, 4)
    block[:, 2] = torch.nan
    with pytest.raises(ValueError, match=r"median needs n >= 1; got n=0"):
        reduced(Median(), block)


def test_doubles_at_the_end_of_their_range():
    block = torch.full((4, 2), 1.7e308, dtype=torch.float64)
    for rule in (Mean(), Median(), TrimmedMean(1)):
        assert torch.isfinite(reduced(rule, block)).all()
