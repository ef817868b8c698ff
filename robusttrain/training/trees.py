"""Trees of tensors: a tensor, or tuples, lists and dicts of tensors, as a batch may be."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

Tree = Any
"""A tensor, or tuples, lists and dicts of tensors, as torch's `default_collate` makes them."""


def each(function: Callable[[Tensor], Tensor], tree: Tree) -> Tree:
    """The tree with `function` of each of its tensors."""
    if isinstance(tree, Tensor):  # as tree_map would, sooner
        return function(tree)
    return tree_map(lambda leaf: function(leaf) if isinstance(leaf, Tensor) else leaf, tree)


def doubled(tree: Tree) -> Tree:
    """The tree with its floating point numbers in float64."""
    return each(lambda leaf: leaf.double() if leaf.is_floating_point() else leaf, tree)


def picked(tree: Tree, place: int) -> Tree:
    """The tree with element `place` of each of its tensors."""
    return each(lambda leaf: leaf[place], tree)


def elements(tree: Tree) -> int:
    """How many numbers the tensors of a tree hold."""
    return sum(leaf.numel() for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))


def same_tree(one: Tree, other: Tree) -> bool:
    """Whether two trees hold the same bits, NaN included."""
    pairs = zip(tree_leaves(one), tree_leaves(other), strict=True)
    return all(same_bits(a, b) for a, b in pairs if isinstance(a, Tensor))


def same_bits(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one type, one shape and the same bits."""
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    return torch.equal(*(x.detach().reshape(-1).view(torch.uint8) for x in (one, other)))


def shown(tree: Tree) -> str:
    """Types and shapes of a tree in a few words.

    >>> shown((torch.zeros(2, 3), torch.zeros(4, dtype=torch.int64)))
    '(float32 [2, 3], int64 [4])'
    """
    if isinstance(tree, Tensor):
        return f"{str(tree.dtype).removeprefix('torch.')} {list(tree.shape)}"
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{name}: {shown(leaf)}" for name, leaf in tree.items()) + "}"
    if isinstance(tree, tuple | list):
        return "(" + ", ".join(map(shown, tree)) + ")"
    return f"a {type(tree).__name__}"
