"""Do the rows of a trial fit into the memory that is free?"""

import torch

from robusttrain.run.memory import GIGA, free_bytes
from robusttrain.study.price.activations import activations
from robusttrain.study.price.memory import COPIES
from robusttrain.study.ways.trial import Case

KEPT = 2  # copies of all rows: those of vmap, and those of another way
CHUNK = 5  # copies of a chunk's rows: one, and two in float64 where `batched` is checked
DOUBLE = 3  # copies of the activations of a chunk: one, and one in float64


def needed(case: Case) -> int:
    """Bytes that the trial takes at most, but for the libraries."""
    vector = 4 * case.recipe.layout.size
    saved = activations(case.recipe) / 2 * case.chunk * case.samples
    rows = COPIES + KEPT * case.tasks + CHUNK * case.chunk
    return vector * rows + round(DOUBLE * saved)


def check_memory(case: Case, device: torch.device) -> None:
    """Raise ValueError if the trial needs more than is free, saying how much."""
    free, total = free_bytes(device), needed(case)
    if free is not None and total > free:
        raise ValueError(
            f"--model {case.model}: {case.tasks} rows of {case.recipe.layout.size} parameters in "
            f"chunks of {case.chunk} take {total / GIGA:.2f} GB, and {free / GIGA:.2f} GB are "
            "free; use fewer --tasks or --samples, or a smaller --chunk"
        )
