"""Trees of tensors: their form, their bits, and how they are shown."""

import torch

from robusttrain.training.trees import each, elements, picked, same_bits, same_tree, shown


def test_a_tree_keeps_its_form():
    tree = {"a": torch.ones(2, 3), "b": (torch.zeros(4), "text")}
    doubled = each(lambda leaf: 2 * leaf, tree)
    assert doubled["a"].sum() == 12
    assert doubled["b"][1] == "text"
    assert elements(tree) == 10


def test_one_element_of_each_tensor():
    assert picked({"a": torch.arange(3), "b": torch.arange(6).view(3, 2)}, 1)["b"].tolist() == [
        2,
        3,
    ]


def test_bits_are_compared_not_values():
    nan, zero = torch.tensor([torch.nan]), torch.tensor([0.0])
    assert same_bits(nan, nan.clone())
    assert not same_bits(zero, -zero)
    assert not same_bits(zero, zero.double())
    assert same_bits(zero.bfloat16(), zero.bfloat16())
    assert same_bits(zero[0] > 1, zero[0] > 2)
    assert not same_bits(zero.bfloat16(), -zero.bfloat16())
    assert not same_bits(zero, zero[None])
    assert same_tree((nan, {"a": zero}), (nan.clone(), {"a": zero.clone()}))
    assert not same_tree((nan, {"a": zero}), (nan, {"a": zero + 1}))


def test_trees_are_shown_by_type_and_shape():
    assert shown({"x": torch.zeros(2, 3)}) == "{x: float32 [2, 3]}"
    assert shown("text") == "a str"
