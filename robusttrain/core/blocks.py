"""How blocks [n, b] are cut up."""

import torch
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)
LARGE = 2**18  # elements, from which on compiled loops repay their loading


def chunk(rows: int, device: torch.device) -> int:
    """How many columns of `rows` rows are worked on at a time: what a CPU's cache holds."""
    return max(1024, 2**18 // max(rows, 1)) if device.type == "cpu" else 2**20


def pieces(block: Tensor) -> tuple[Tensor, ...]:
    """The block in chunks of columns; at least one, which may be empty."""
    return block.split(chunk(len(block), block.device), dim=1)
