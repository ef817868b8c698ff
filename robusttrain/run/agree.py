"""What ranks that were started together agree on before any link is made: to go on, or not."""

import os
from collections.abc import Callable
from typing import Any

from robusttrain.comm.agreed import apart, first_refusal, from_server
from robusttrain.comm.ranks import rank, worker_ranks
from robusttrain.comm.rendezvous import meeting_place
from robusttrain.comm.supervisor import leave
from robusttrain.comm.torchrun import CHECKED
from robusttrain.config.recipe import Recipe
from robusttrain.run.journal_place import check_journal
from robusttrain.run.place import check_place
from robusttrain.run.resume import check_resume
from robusttrain.run.space import check_space
from robusttrain.run.trial import trial
from robusttrain.run.vectorize import told

START = 120.0  # seconds to wait for the others where the configuration cannot say


def agree(
    check: Callable[[], Recipe], tried: Callable[[Recipe, int], None] | None = None
) -> Recipe:
    """The recipe that `check` makes, once all ranks have one and rank 0 has tried it.

    What the trial chose for `objective.vectorize=auto` is told to all ranks.

    tried: recipe, worker ranks -> None, in the place of a step on its data.

    Raises ValueError on rank 0 if any rank refuses; the others then end here, silently.
    """
    checked: Recipe | None = None
    measured = False
    error: ValueError | None = None
    try:
        checked = check()
        measured = checked.objective.vectorize == "auto"
        if rank() == 0:
            check_place(checked.config["run"], checked.config["resume"])
            check_journal(checked.config)
            check_space(checked)
            if CHECKED not in os.environ:
                check_resume(checked)
                (tried or trial)(checked, worker_ranks())
    except ValueError as caught:
        error = caught
    seconds = START if checked is None else checked.runtime.start
    store = meeting_place(seconds)
    go_on(store, error, seconds)
    assert checked is not None
    if measured:
        way = checked.objective.vectorize
        told(checked, from_server(apart(store, "vectorize"), rank(), way, seconds))
    return checked


def go_on(store: Any, error: ValueError | None, seconds: float) -> None:
    """Return if no rank has an error; else raise it on rank 0, and end the others here, silently.

    store: of this agreement alone.
    seconds: to wait for the others.
    """
    refused = first_refusal(store, rank(), worker_ranks(), str(error or ""), seconds)
    if rank() and refused:
        leave()
    if refused:
        raise error or ValueError(refused)
