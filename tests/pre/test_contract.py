"""What every pre-aggregator in configs/pre must do."""

from itertools import combinations

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from support import component, members

from robusttrain.pre.base import centred_gram, mix

STAGES = members("pre")
N, D = 9, 6


@pytest.fixture(scope="module", params=STAGES, ids=lambda path: path.stem)
def stage(request):
    return component(request.param)


def draw(n=N, seed=0):
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed)).double()


def matrix(stage, vectors, seed=0):
    gram = centred_gram([vectors]) if stage.needs_gram else None
    return stage.mixing(len(vectors), gram, np.random.default_rng(seed))


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_the_key_is_the_file_name(path):
    assert list(OmegaConf.load(path)) == [path.stem]


@pytest.mark.parametrize("n", [1, 2, N, 64, 455])
def test_the_matrix_averages(stage, n):
    found = matrix(stage, draw(n))
    assert (found.shape, found.dtype) == ((stage.rows(n), n), torch.float64)
    assert (found >= 0).all()
    torch.testing.assert_close(found.sum(dim=1), torch.ones(len(found), dtype=torch.float64))


def test_the_same_generator_gives_the_same_matrix(stage):
    vectors = draw()
    assert torch.equal(matrix(stage, vectors), matrix(stage, vectors))


def test_calling_it_applies_the_matrix(stage):
    vectors = draw()
    found = stage(vectors, np.random.default_rng(4))
    torch.testing.assert_close(found, mix(matrix(stage, vectors, 4), vectors))
    assert torch.equal(stage(vectors), stage(vectors, np.random.default_rng(0)))


def test_identical_vectors_stay_as_they_are(stage):
    vectors = draw(1).expand(N, D)
    torch.testing.assert_close(stage(vectors), vectors[: stage.rows(N)])


@pytest.mark.parametrize("f", range(4))
def test_no_more_vectors_are_spoiled_than_announced(stage, f):
    found = matrix(stage, draw())
    for bad in combinations(range(N), f):
        spoiled = (found[:, list(bad)] != 0).any(dim=1).sum()
        assert spoiled <= stage.liars(N, f) <= stage.rows(N)
