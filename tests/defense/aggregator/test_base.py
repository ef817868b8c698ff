"""combine(): pre-aggregators and rules composed over streamed blocks."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import CoordinateRule, combine
from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.preaggregator.base import PreAggregator, centred_gram
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.streaming.mixture import compose

RULES = [Mean(), Median(), TrimmedMean(1), Krum(1), GeometricMedian()]
N, D = 12, 37


class Nearest(PreAggregator):
    """Each vector becomes the mean of the `size` vectors nearest to it."""

    needs_gram = True

    def __init__(self, size):
        self.size = size

    def rows_out(self, n):
        return n

    def bad_out(self, n, f):
        return n if f else 0

    def mixing(self, n, gram, rng):
        norms = gram.diagonal()
        near = (norms[:, None] + norms - 2 * gram).sort(dim=1).indices[:, : self.size]
        return torch.zeros(n, n, dtype=torch.float64).scatter_(1, near, 1.0 / self.size)


def draw(seed=0):
    return torch.randn(N, D, generator=torch.Generator().manual_seed(seed)).double() + 2.0


def blocks(vectors, width=5):
    yield from vectors.split(width, dim=1)


def by_hand(stages, vectors, seed):
    rng = np.random.default_rng(seed)
    for stage in stages:
        gram = centred_gram([vectors]) if stage.needs_gram else None
        vectors = stage.mixing(len(vectors), gram, rng) @ vectors
    return vectors


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@pytest.mark.parametrize(
    "stages",
    [
        [],
        [Bucketing(6)],
        [Nearest(3)],
        [Bucketing(9), Nearest(4)],
        [Nearest(4), Bucketing(7)],
        [Bucketing(10), Nearest(3), Bucketing(7), Nearest(2)],
    ],
    ids=lambda stages: "+".join(type(stage).__name__ for stage in stages) or "nothing",
)
def test_equals_the_rule_on_explicitly_mixed_vectors(rule, stages):
    vectors = draw()
    found = combine(blocks(vectors), rule, stages, np.random.default_rng(3))
    torch.testing.assert_close(found, rule(by_hand(stages, vectors, 3)), rtol=1e-7, atol=1e-7)


def test_median_of_bucket_means():
    vectors = draw().float()
    order = np.array_split(np.random.default_rng(7).permutation(N), 5)
    means = np.stack([vectors[torch.from_numpy(bucket)].numpy().mean(axis=0) for bucket in order])
    found = combine(blocks(vectors), Median(), [Bucketing(5)], np.random.default_rng(7))
    np.testing.assert_allclose(found.numpy(), np.median(means, axis=0), rtol=1e-5, atol=1e-6)


def test_compose_multiplies_the_matrices():
    vectors, stages = draw(), [Nearest(3), Bucketing(5)]
    gram = centred_gram([vectors])
    matrix, mixed = compose(stages, N, gram, np.random.default_rng(0))
    torch.testing.assert_close(matrix @ vectors, by_hand(stages, vectors, 0))
    torch.testing.assert_close(mixed, matrix @ gram @ matrix.T)
    assert mixed.shape == (5, 5)


@pytest.mark.parametrize("rule", [Median(), Krum(1)], ids=["coordinate", "gram"])
@pytest.mark.parametrize("stages", [[], [Bucketing(8)], [Nearest(3)]], ids=["no", "early", "late"])
def test_the_blocks_are_read_once(rule, stages):
    read = []

    def source():
        for i, block in enumerate(blocks(draw())):
            read.append(i)
            yield block

    stream = source()
    combine(stream, rule, stages)
    assert read == list(range(8))
    assert next(stream, None) is None


@pytest.mark.parametrize("stages", [[], [Bucketing(8)]])
def test_a_coordinate_rule_keeps_one_block_at_a_time(stages):
    events = []

    class Logged(CoordinateRule):
        def check(self, n):
            return

        def tolerates(self, n):
            return 0

        def reduce(self, block):
            events.append("reduce")
            return block[0]

    def source():
        for block in blocks(draw(), 10):
            events.append("read")
            yield block

    combine(source(), Logged(), stages)
    assert events == ["read", "reduce"] * 4


@pytest.mark.parametrize("rule", [Krum(3), TrimmedMean(4)], ids=["krum", "trimmed_mean"])
@pytest.mark.parametrize("stages", [[Bucketing(8)], [Bucketing(8), Nearest(2)]])
def test_the_rule_is_checked_for_the_number_of_mixed_vectors(rule, stages):
    with pytest.raises(ValueError, match="n=8"):
        combine(blocks(draw()), rule, stages)


def test_without_a_generator_the_draw_is_fixed():
    first, second = (combine(blocks(draw()), Median(), [Bucketing(5)]) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_stage_counts_the_rows_that_are_left_out_too(count):
    vectors = draw()
    vectors[:count, 3] = torch.nan
    rest = Nnm(max(0, 3 - count))(draw()[count:])
    for rule, less in ((Mean(), Mean()), (TrimmedMean(3), TrimmedMean(max(0, 3 - count)))):
        found = combine(blocks(vectors), rule, [Nnm(3)])
        torch.testing.assert_close(found, less(rest))
