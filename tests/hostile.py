"""Rows that liars send: the payloads that rules and pre-aggregators must withstand."""

from collections.abc import Callable

import torch
from torch import Tensor

NAN, INF, HUGE = float("nan"), float("inf"), 3e38  # the largest float32 is 3.4e38


def _at(column: int, value: float, lies: Tensor) -> Tensor:
    return torch.where(torch.arange(lies.shape[1]) == column, value, lies)


# lies [k, d] standard normal -> rows [k, d]. All are of one kind.
PAYLOADS: dict[str, Callable[[Tensor], Tensor]] = {
    "nan": lambda lies: torch.full_like(lies, NAN),
    "inf": lambda lies: torch.full_like(lies, INF),
    "-inf": lambda lies: torch.full_like(lies, -INF),
    "inf signs": lambda lies: lies.sign() * INF,
    "one nan": lambda lies: _at(2, NAN, lies),
    "one inf": lambda lies: _at(2, INF, 1e6 * lies),
    "huge": lambda lies: torch.full_like(lies, HUGE),
    "-huge": lambda lies: torch.full_like(lies, -HUGE),
    "huge signs": lambda lies: lies.sign() * HUGE,
    "one huge": lambda lies: _at(2, HUGE, lies),
    "denormal": lambda lies: 1e-42 * lies,
    "zero": lambda lies: 0 * lies,
    "duplicate": lambda lies: 100 * lies[:1].expand_as(lies),
    "far": lambda lies: 1e6 * lies,
    "farther": lambda lies: 1e12 * lies,
}

# The liars take these in turn, so that rows of very different sizes stand side by side.
MIXTURES: dict[str, tuple[float, ...]] = {
    "every kind": (NAN, INF, -3e38, 1e30, 1e-40),
    "ladder": (3e38, 1e30, 1e22, 1e14, 1e6),
    "ladder of both signs": (-3e38, 1e30, -1e22, 1e14, -1e6),
    "short and long": (1e-40, 1e-20, 0.0, 1e-8, 1e38),
    "opposite": (3e38, -3e38, 3e38, 2.9e38, 1e20),
    "squares near the end of doubles": (1e153, -1e152, 1e100, 1e30, 1e-160),
}


def mixed_rows(name: str, lies: Tensor) -> Tensor:
    """[k, d]: the signs of `lies` [k, d] in every even row, ones in every odd one, each times
    its size; what is beyond the dtype becomes infinite."""
    sizes = torch.tensor(MIXTURES[name], dtype=torch.float64)
    places = torch.arange(len(lies))
    signs = torch.where((places % 2 == 0)[:, None], lies.sign(), torch.ones_like(lies))
    return (sizes[places % len(sizes)][:, None] * signs.double()).to(lies.dtype)
