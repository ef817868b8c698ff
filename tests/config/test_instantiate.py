"""Components from their configuration; a model that leaves global randomness alone."""

import pytest
import torch

from robusttrain.config.instantiate import make, make_model
from robusttrain.training.data.synthetic import Synthetic

MEDIAN = {"_target_": "robusttrain.defense.aggregator.median.Median"}
MOLS = {"_target_": "robusttrain.redundancy.assignment.mols.Mols"}


def test_what_a_constructor_refuses_is_a_plain_value_error():
    with pytest.raises(ValueError, match=r"^assignment\.replication=1 must be a whole number >= 2"):
        make({"assignment": MOLS}, "assignment", replication=1)


def test_what_does_not_exist_is_named_with_its_key():
    with pytest.raises(ValueError, match=r"^aggregator\.f: median has no f"):
        make({"aggregator": MEDIAN | {"f": 3}}, "aggregator")
    with pytest.raises(ValueError, match=r"^vote\._target_=nowhere"):
        make({"vote": {"_target_": "nowhere.Nobody"}}, "vote")


def test_the_model_is_that_of_its_seed_whatever_was_drawn_before():
    data = Synthetic((1, 8, 8), 10, 10, 10, 1.0)
    small = {"_target_": "robusttrain.training.model.small_cnn.small_cnn", "hidden": 8}
    cfg = {"seed": 3, "model": small | {"channels": [4, 4]}}
    first = make_model(cfg, data)
    torch.rand(7)
    state = torch.random.get_rng_state()
    second = make_model(cfg, data)
    assert torch.equal(state, torch.random.get_rng_state())
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    other = make_model(cfg | {"seed": 4}, data)
    assert not torch.equal(next(first.parameters()), next(other.parameters()))
