"""The user's own data: what may be returned, and what is refused by key, value and remedy."""

import copy

import numpy as np
import pytest
import torch
from own_data import blobs

from robusttrain.training.data.own import Own
from robusttrain.training.on_demand import OnDemand
from robusttrain.training.samples import InMemory
from robusttrain.usercode.broken import Broken


def own(name, **more):
    return Own(make=f"own_data.{name}", **more)


def test_a_tensor_dataset_is_held_in_memory_and_described():
    data = own("make_data")
    assert data.train_size == 60
    assert data.facts == {"classes": 3, "shape": (5,), "features": 5}
    train, test = data.load()
    assert isinstance(train, InMemory)
    assert (len(train), len(test)) == (60, 30)
    assert torch.equal(train.inputs, blobs(60, 0).tensors[0])


def test_any_other_set_is_read_item_by_item_to_the_same_bits():
    data = own("make_items", processes=2, classes=3)
    train, test = data.load()
    assert isinstance(train, OnDemand)
    assert train.processes == test.processes == 2
    memory, _ = own("make_data").load()
    key = np.array([[1, 2], [59, 0]]), np.array([0, 1])
    for one, other in zip(train.read(*key), memory.read(*key), strict=True):
        assert torch.equal(one, other)


def test_a_test_set_need_not_be_there():
    train, test = own("make_train_alone").load()
    assert len(train) == 60
    assert test is None


def test_inputs_may_be_dicts_and_targets_numbers():
    data = own("make_dicts")
    assert data.classes is None
    assert data.facts == {}
    train, test = data.load()
    assert test is None
    inputs, targets = train.read(np.array([[0, 3]]), np.zeros(1))
    assert set(inputs) == {"ids", "mask"}
    assert targets.shape == (1, 2)


def test_labels_of_any_type_pass():
    """Whether they fit the loss is the trial step's to say."""
    data = own("make_dicts")
    _, targets = data.example
    assert targets.dtype == torch.float64


def test_a_copy_shares_the_data():
    data = own("make_data")
    assert copy.deepcopy({"data": data})["data"].sets is data.sets


REFUSED = [
    ("make_nothing", r"the training set has no samples"),
    ("make_empty_test", r"the test set has no samples"),
    ("make_garbage", r"the training set is a int, without __getitem__ or __len__; return map"),
    ("make_iterator", r"the training set is a list_iterator, without"),
    ("make_broken", r"raised KeyError: 'no such\\nfile' \(own_data\.py, line \d+\)"),
    ("no_such_function", r"own_data has no no_such_function; it defines .*make_data"),
    ("NOT_CALLABLE", r"raised TypeError: 'int' object is not callable"),
]


@pytest.mark.parametrize(("name", "reason"), REFUSED, ids=[name for name, _ in REFUSED])
def test_what_make_must_not_do(name, reason):
    with pytest.raises(ValueError, match=rf"^data\.make=own_data\.{name}\b.*{reason}") as caught:
        own(name)
    assert "\n" not in str(caught.value)


def test_a_sample_that_is_no_pair_is_refused():
    data = own("make_singles")
    with pytest.raises(ValueError, match=r"a sample is Tensor where a pair \(input, target\)"):
        _ = data.facts


def test_a_sample_that_raises_is_told_with_its_line():
    with pytest.raises(Broken, match=r"sample 0 raised OSError: sample 0 is gone \(own_data"):
        _ = own("make_failing").facts


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"make": None}, r"data=own needs data\.make=module\.name"),
        ({"make": "own_data"}, r"data\.make=own_data must be module\.name"),
        ({"processes": -1}, r"data\.processes=-1 must be a whole number >= 0"),
        ({"processes": 1.5}, r"data\.processes=1\.5 must be"),
        ({"classes": 1}, r"data\.classes=1 must be a whole number >= 2"),
    ],
)
def test_arguments_outside_their_range_are_refused(more, reason):
    with pytest.raises(ValueError, match=rf"^{reason}"):
        Own(**{"make": "own_data.make_data", **more})


def test_two_ranks_have_the_same_sign_iff_they_have_the_same_samples():
    assert own("make_data").sign() == own("make_data").sign() == own("make_items").sign()
    assert own("make_unseeded").sign() != own("make_unseeded").sign()
