"""Files of a run: what is in its folder, a whole state dict, texts replaced at once.

torch is imported late.
"""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

CHECKPOINTS = "checkpoints"

if TYPE_CHECKING:
    from torch import Tensor, nn


def whole_state(model: "nn.Module", trained: Mapping[str, "Tensor"]) -> dict[str, Any]:
    """The state dict of `model` with the values `trained`, by the names of `named_parameters`.

    Parameters that are tied have all of their names; frozen ones and buffers are those of `model`.
    """
    values = {id(p): trained[n] for n, p in model.named_parameters() if n in trained}
    state = model.state_dict(keep_vars=True)
    return {name: values.get(id(tensor), tensor) for name, tensor in state.items()}


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state dict; `torch.load(path, weights_only=True)` reads it back on any device.

    Tensors that are one are one in the file too.
    """
    import torch

    tensors = {id(value): value for value in state.values() if isinstance(value, torch.Tensor)}
    copies = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    partial = path.with_suffix(".partial")
    torch.save({name: copies.get(id(value), value) for name, value in state.items()}, partial)
    os.replace(partial, path)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of the run in a folder, the newest first."""
    return sorted((folder / CHECKPOINTS).glob("step-*.pt"), reverse=True)


def going_on(folder: Path) -> str | None:
    """Overrides with which the run in a folder goes on; None: it has no checkpoint.

    >>> going_on(Path("nowhere")) is None
    True
    """
    if not checkpoints(folder):
        return None
    return " ".join(map(shlex.quote, (f"run.root={folder.parent}", f"run.name={folder.name}",
                                      "resume=auto")))  # fmt: skip


def finished(folder: Path) -> bool:
    """Whether the run in a folder has come to its end, as its summary says."""
    try:
        return bool(json.loads((folder / "summary.json").read_text())["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_text(path: Path, text: str) -> None:
    """Replace the file at once, so that a reader never sees part of it."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    os.replace(partial, path)
