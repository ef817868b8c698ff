"""MoNNA against a sort by distance from the trusted worker's vector."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregate import aggregate
from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.monna import Monna
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm


def naive(vectors, f, trusted):
    order = np.argsort(np.linalg.norm(vectors - vectors[trusted], axis=1), kind="stable")
    return vectors[order[: len(vectors) - f]].mean(axis=0)


def test_equals_the_definition(cases, agrees):
    for n, f, vectors in cases:
        for trusted in (0, n - 1):
            agrees(Monna(f, trusted), vectors, naive(vectors, f, trusted))


def test_the_trusted_worker_is_found_among_those_that_are_named(cases):
    for n, f, vectors in cases:
        workers = np.random.default_rng(n).permutation(40)[:n]
        for row in (0, n - 1):
            rule, rows = Monna(f, int(workers[row])), torch.from_numpy(vectors)
            for out in (rule(rows, workers=workers), aggregate(rows, rule, workers=list(workers))):
                np.testing.assert_allclose(out.numpy(), naive(vectors, f, row), atol=1e-8)


def test_the_trusted_worker_is_found_again_when_others_are_left_out():
    vectors = torch.arange(7.0)[:, None] ** 2
    vectors[1] = torch.nan
    rest = vectors[[0, 2, 3, 4, 5, 6]]
    assert torch.equal(Monna(3, 4)(vectors), Monna(2, 3)(rest))
    assert torch.isfinite(combine([vectors], Monna(3, 4), [Nnm(2)])).all()


def test_a_stage_that_keeps_rows_keeps_their_workers():
    vectors, workers = torch.tensor([[900.0], [2.0], [1.0]]), [5, 3, 4]
    out = aggregate(vectors, Monna(1, 4), [Nnm(1)], workers=workers)
    assert out.tolist() == [1.5]


@pytest.mark.parametrize(
    ("rule", "stages", "workers", "words"),
    [
        (Monna(1, None), (), None, "monna needs a worker that you trust; got trusted_worker=null"),
        (Monna(1, 5), (), None, "finite vector of trusted_worker=5; none of the 5 is"),
        (Monna(1, 2), (), [0, 1, 3, 4, 5], "finite vector of trusted_worker=2; none of the 5 is"),
        (Monna(1, 2), (Bucketing(5),), None, "monna needs vectors of one worker each"),
        (Monna(1, 1), (), [1, 1, 2, 3, 4], "must name a worker.* each of the 5 vectors.* twice"),
        (Monna(1, 1), (), [1, 2], "must name a worker.* each of the 5 vectors"),
    ],
)
def test_without_a_row_of_the_trusted_worker_it_is_refused(rule, stages, workers, words):
    with pytest.raises(ValueError, match=words):
        aggregate(torch.zeros(5, 2), rule, stages, workers=workers)


def test_a_trusted_row_that_is_not_finite_is_refused():
    vectors = torch.zeros(5, 2)
    vectors[2, 1] = torch.inf
    with pytest.raises(ValueError, match="needs a finite vector of trusted_worker=2; none of the"):
        Monna(1, 2)(vectors)


def test_the_trusted_worker_is_a_whole_number():
    with pytest.raises(ValueError, match=r"^aggregator\.trusted_worker=-1 must be a whole number"):
        Monna(1, -1)
