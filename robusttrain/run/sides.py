"""Makes both sides of the exchange between server and worker ranks, from a checked recipe."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

from torch import Tensor

from robusttrain.comm.link import Link
from robusttrain.comm.own_process import OwnProcess
from robusttrain.comm.paces import Paces
from robusttrain.config.probe import lanes_of
from robusttrain.config.recipe import Recipe
from robusttrain.defense.probe_verdict import Comparison, SameBits, Within
from robusttrain.protocol.answerer import Answerer
from robusttrain.protocol.audit import Auditor
from robusttrain.protocol.calibration import Calibration, calibrated
from robusttrain.protocol.checker import Checker
from robusttrain.protocol.digests import Digests
from robusttrain.protocol.draws import Draws, Schedule
from robusttrain.protocol.exchange import Exchange
from robusttrain.protocol.faulty import Faulty
from robusttrain.protocol.owners import Owners
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.probing import Probing
from robusttrain.protocol.referee import Referee
from robusttrain.protocol.row_checks import RowChecks
from robusttrain.protocol.share_gradients import ShareGradients, as_engine
from robusttrain.protocol.side import Side
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.redundancy.fingerprinting import Fingerprinting
from robusttrain.run.journal_place import deciding
from robusttrain.threat.fault.base import Process
from robusttrain.training.gradient.sums import Sums


def exchange(recipe: Recipe, ranks: int, auditor: Auditor, parameters: Tensor) -> Exchange:
    """What the server says to workers and hears from them.

    parameters: [D]. At which tolerances are calibrated, where that is asked for.
    """
    hosting = recipe.hosting(ranks)
    paces = Paces(recipe.runtime.majority(recipe.agreement.probes))
    if not recipe.agreement.probes:
        checks = RowChecks(recipe.agreement, pool())
        return Digests(hosting, recipe.layout, checks, auditor, paces)
    draws, probe = Draws(recipe.config["defense"]["secret"]), recipe.config["probe"]

    def here() -> Sums:
        return as_engine(Sums, auditor.here().gradients)

    fingerprints, calibration = fingerprinting(recipe), None
    if fingerprints.lanes and probe["tolerance"] == "auto":
        calibration = calibrated(here(), recipe.planner(0), parameters)
    elif fingerprints.lanes:
        calibration = Calibration(probe["tolerance"])

    def compare(sums: Mapping[int, Fingerprint]) -> Comparison:
        if calibration is None:
            return SameBits()
        return Within.of(calibration.tolerance, fingerprints.lanes, sums)

    return Probing(
        hosting,
        recipe.layout,
        draws,
        Schedule(probe["share"], probe["alert"], recipe.steps),
        probe["checkers"],
        Referee(auditor.rank, here, fingerprints),
        paces,
        compare,
        calibration,
        None if probe["journal"] is None else Path(probe["journal"]),
        deciding(recipe.config),
    )


def answers_of(recipe: Recipe, worker: Worker) -> Answerer | Prober:
    """What a worker rank says to the server; with probes it computes a sum for each worker."""
    if not recipe.agreement.probes:
        return Answerer(worker)
    shared = as_engine(ShareGradients, worker.recompute.gradients)
    computes = replace(worker.recompute, gradients=shared)
    sharing, checkers = replace(worker, recompute=computes), recipe.config["probe"]["checkers"]
    return Prober(sharing, Checker(sharing, fingerprinting(recipe)), checkers)


def own_side(recipe: Recipe, worker: Worker, link: Link) -> Side:
    """What this process says to the server as a worker rank, with the faults of its workers."""
    return faulty(recipe, answers_of(recipe, worker), worker, OwnProcess(link))


def faulty(recipe: Recipe, side: Side, worker: Worker, process: Process) -> Side:
    """A worker rank's side with the faults of its workers; the side itself where there are none."""
    faults, hosted = recipe.threat.faults, worker.hosted
    if not faults.of(hosted):
        return side
    owners = Owners(hosted, recipe.config["probe"]["checkers"])
    return Faulty(side, faults, hosted, owners, process)


def fingerprinting(recipe: Recipe) -> Fingerprinting:
    """How fingerprints are made in this run."""
    return Fingerprinting(recipe.layout.blocks, pool(), lanes_of(recipe.config))


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that make fingerprints and check rows, of all ranks in this process."""
    return ThreadPoolExecutor(min(8, os.cpu_count() or 1), "checks")
