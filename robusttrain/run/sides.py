"""Makes both sides of the exchange between server and worker ranks, from a checked recipe."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

from robusttrain.config.recipe import Recipe
from robusttrain.protocol.answerer import Answerer
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.checker import Checker
from robusttrain.protocol.digests import Digests
from robusttrain.protocol.draws import Draws, Schedule
from robusttrain.protocol.exchange import Exchange
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.probing import Probing
from robusttrain.protocol.share_gradients import ShareGradients, as_engine
from robusttrain.protocol.worker import Worker
from robusttrain.training.gradient.sums import Sums


def exchange(recipe: Recipe, ranks: int, auditor: Auditor) -> Exchange:
    """What the server says to workers and hears from them."""
    hosting = recipe.hosting(ranks)
    if not recipe.agreement.probes:
        return Digests(hosting, recipe.layout, recipe.agreement, auditor)
    draws, probe = Draws(recipe.config["defense"]["secret"]), recipe.config["probe"]

    def referee() -> Sums:
        return as_engine(Sums, auditor.here().gradients)

    schedule = Schedule(probe["share"], probe["alert"], recipe.steps)
    keep = None if probe["journal"] is None else Path(probe["journal"])
    checkers = probe["checkers"]
    return Probing(hosting, recipe.layout, draws, schedule, checkers, referee, pool(), keep)


def answers_of(recipe: Recipe, worker: Worker) -> Answerer | Prober:
    """What a worker rank says to the server; with probes it computes a sum for each worker."""
    if not recipe.agreement.probes:
        return Answerer(worker)
    shared = as_engine(ShareGradients, worker.recompute.gradients)
    computes = replace(worker.recompute, gradients=shared)
    sharing, checkers = replace(worker, recompute=computes), recipe.config["probe"]["checkers"]
    return Prober(sharing, Checker(sharing, pool()), checkers)


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that make fingerprints, those of all ranks in this process."""
    return ThreadPoolExecutor(min(8, os.cpu_count() or 1), "fingerprints")
