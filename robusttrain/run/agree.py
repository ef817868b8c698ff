"""What ranks that were started together agree on before any link is made: to go on, or not."""

import os
from collections.abc import Callable

from robusttrain.comm.agreed import first_refusal
from robusttrain.comm.rendezvous import meeting_place, rank, worker_ranks
from robusttrain.comm.supervisor import leave
from robusttrain.comm.torchrun import CHECKED
from robusttrain.config.recipe import Recipe
from robusttrain.run.start import check_place
from robusttrain.run.trial import trial

START = 120.0  # seconds to wait for the others where the configuration cannot say


def agree(check: Callable[[], Recipe]) -> Recipe:
    """The recipe that `check` makes, once all ranks have one and rank 0 has tried a step.

    Raises ValueError on rank 0 if any rank refuses; the others then end here, silently.
    """
    checked: Recipe | None = None
    error: ValueError | None = None
    try:
        checked = check()
        if rank() == 0:
            check_place(checked.config["run"])
            if CHECKED not in os.environ:
                trial(checked, worker_ranks())
    except ValueError as caught:
        error = caught
    seconds = START if checked is None else checked.runtime.start
    store = meeting_place(seconds)
    refused = first_refusal(store, rank(), worker_ranks(), str(error or ""), seconds)
    if error is None and refused and rank() == 0:
        error = ValueError(refused)
    if rank() and refused:
        leave()
    if error is not None:
        raise error
    assert checked is not None
    return checked
