"""Does what the ranks of the price table hold fit into the memory that is free?"""

from robusttrain.config.device import choose_device
from robusttrain.config.recipe import Recipe
from robusttrain.names import counted
from robusttrain.run.memory import GIGA, free_bytes
from robusttrain.study.price.activations import activations
from robusttrain.study.price.rows import Row
from robusttrain.study.price.setting import Setting

PROCESS = 400_000_000  # bytes of a process that has loaded the libraries
COPIES = 4  # vectors of D that every rank has: model, parameters, gradient or direction, momentum


def check_memory(setting: Setting, recipes: dict[Row, Recipe]) -> None:
    """Raise ValueError if the ranks of a row need more than is free, saying what each takes."""
    device = choose_device(setting.device, 0)
    free = free_bytes(device)
    if free is None or not recipes:
        return
    saved = activations(next(iter(recipes.values())))
    for row, recipe in recipes.items():
        server, worker = needed(row, recipe, setting.ranks, saved)
        total = server + setting.ranks * worker
        if total > free:
            raise ValueError(
                f"--rows {row.name}: the server takes {server / GIGA:.2f} GB and each of "
                f"{counted(setting.ranks, 'worker rank')} {worker / GIGA:.2f} GB, together "
                f"{total / GIGA:.2f} GB, and {free / GIGA:.2f} GB are free; use fewer --ranks or "
                "--workers, a smaller --micro or model, or leave the row out"
            )


def needed(row: Row, recipe: Recipe, ranks: int, saved: int) -> tuple[int, int]:
    """Bytes of the server and of the worker rank that takes most.

    saved: int. Bytes that a forward pass of a micro-batch keeps for the backward pass.
    """
    vector, plan = 4 * recipe.layout.size, recipe.planner(0)
    probes, ours = recipe.agreement.probes, row.kind == "ours"
    hosted = recipe.hosting(ranks).values()
    rows = max(len(h) if probes else len(plan.held(h)) for h in hosted) if ours else 0
    server = vector * (COPIES + recipe.workers * probes) if ours else 0
    return PROCESS + server, PROCESS + vector * (COPIES + rows) + saved
