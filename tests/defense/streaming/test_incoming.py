"""Vectors on their way to a rule: stages applied in their order, blocks read once."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.streaming.incoming import Incoming

VECTORS = torch.randn(9, 8, generator=torch.Generator().manual_seed(0)).double()


def incoming(*stages, blocks=None) -> Incoming:
    blocks = iter(VECTORS.split(3, dim=1)) if blocks is None else blocks
    return Incoming(blocks, np.random.default_rng(0), True, stages)


@pytest.mark.parametrize("stages", [(), (Bucketing(4),), (Nnm(2),), (Bucketing(5), Nnm(1))])
def test_mixed_blocks_are_the_stages_one_after_the_other(stages):
    rng, expected = np.random.default_rng(0), VECTORS
    for stage in stages:
        expected = stage(expected, rng)
    torch.testing.assert_close(torch.cat(list(incoming(*stages).mixed()), dim=1), expected)
    assert list(incoming(*stages).settled().stages) == []


def test_only_a_stage_that_needs_the_gram_matrix_has_the_blocks_read_ahead():
    read = []

    def source() -> Iterator[torch.Tensor]:
        for index, block in enumerate(VECTORS.split(2, dim=1)):
            read.append(index)
            yield block

    assert not incoming(Bucketing(4)).needs_gram
    assert incoming(Bucketing(4), Nnm(1)).needs_gram
    next(incoming(Bucketing(4), blocks=source()).mixed())
    assert read == [0]
    next(incoming(Nnm(1), blocks=source()).mixed())
    assert read == [0, 0, 1, 2, 3]


def test_a_stage_that_advances_sees_the_vectors_of_the_stages_before_it():
    seen = []

    def advance(blocks, remember):
        for block in blocks:
            seen.append((tuple(block.shape), remember))
            yield -block

    vectors = incoming(Bucketing(4)).through(advance).then(Bucketing(2))
    out = torch.cat(list(vectors.mixed()), dim=1)
    assert seen == [((4, 3), True), ((4, 3), True), ((4, 2), True)]
    assert out.shape == (2, 8)
