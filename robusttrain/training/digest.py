"""A digest of the numbers of a tree, by which ranks compare what they have."""

import torch
from blake3 import blake3
from torch import Tensor
from torch.utils._pytree import tree_leaves

from robusttrain.training.trees import Tree


def digest(tree: Tree) -> str:
    """64 characters that stand for all numbers of a tree."""
    said = blake3()
    for leaf in tree_leaves(tree):
        numbers = leaf if isinstance(leaf, Tensor) else torch.as_tensor(leaf)
        said.update(numbers.cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return said.hexdigest()
