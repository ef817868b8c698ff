"""Files of a run: parameters as a state dict, texts replaced at once."""

import os
from pathlib import Path

import torch
from torch import Tensor


def save(path: Path, parameters: dict[str, Tensor]) -> None:
    """Write a state dict; `torch.load(path, weights_only=True)` reads it back on any device."""
    partial = path.with_suffix(".partial")
    torch.save(
        {name: tensor.detach().cpu().clone() for name, tensor in parameters.items()}, partial
    )
    os.replace(partial, path)


def write_text(path: Path, text: str) -> None:
    """Replace the file at once, so that a reader never sees part of it."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    os.replace(partial, path)
