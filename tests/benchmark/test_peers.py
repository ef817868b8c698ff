"""What is compared: each of our rules takes every number of vectors that is timed."""

import pytest
import torch

from robusttrain.benchmark.aggregators import WORKERS
from robusttrain.benchmark.peers import averaged, comparison, names


def test_rules_and_preaggregators_are_among_the_names():
    assert {"median", "krum", "nnm"} <= set(names())
    assert not {"base", "__init__"} & set(names())


@pytest.mark.parametrize("rule", names())
@pytest.mark.parametrize("n", WORKERS)
def test_every_rule_takes_every_number_of_vectors_of_the_table(rule, n):
    assert comparison(rule, n, 100).ours(torch.randn(n, 100)).shape == (100,)


def test_the_mean_follows_a_preaggregator_of_either_shape():
    vectors = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    for out in (vectors, list(vectors)):
        assert averaged(lambda out=out: lambda v: out)(vectors).tolist() == [2.0, 4.0]
