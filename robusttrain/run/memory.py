"""Does what the ranks of a machine hold fit into its memory?"""

from pathlib import Path

import torch

from robusttrain.comm.ranks import local_ranks
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.shares import shares

MEMINFO = Path("/proc/meminfo")
GIGA = 1e9


def check_memory(recipe: Recipe, ranks: int, device: torch.device) -> None:
    """Raise ValueError if the rows of the ranks that share `device` exceed its free memory.

    A worker rank holds 4 D bytes for each distinct task of its workers; with probes 4 D for each
    worker, and so does the server for all of them. Data, activations and what an attacker
    recomputes are not counted.

    ranks: W, worker ranks in all.
    """
    free, size = free_bytes(device), recipe.layout.size
    if free is None:
        return
    probes = recipe.agreement.probes
    plan = shares(recipe.planner(0)) if probes else recipe.planner(0)
    tasks = sorted((len(plan.held(h)) for h in recipe.hosting(ranks).values()), reverse=True)
    here = local_ranks() or ranks + 1
    sharing = -(-here // torch.cuda.device_count()) if device.type == "cuda" else here
    rows = sum(tasks[:sharing]) + recipe.workers * probes
    needed = 4 * size * rows
    if needed > free:
        what = "sums" if probes else "tasks"
        raise ValueError(
            f"model of {size} parameters: the gradients of {rows} {what}, those of "
            f"the ranks on {device}, take {needed / GIGA:.3g} GB, and {free / GIGA:.3g} GB are "
            "free; use an assignment of fewer tasks, a smaller model, or more machines"
        )


def free_bytes(device: torch.device) -> int | None:
    """Free memory of a GPU, or of the machine; None if the system does not say."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if not MEMINFO.exists():
        return None
    lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
    return 1024 * int(lines["MemAvailable"].split()[0]) if "MemAvailable" in lines else None
