"""Simulation: a whole run in one process, the shipped protocol over the in-process transport."""

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch

from robusttrain.comm.link import Link
from robusttrain.config.device import (
    COMPILED,
    WORKSPACE,
    choose_device,
    fix_numerics,
    set_deterministic,
)
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.in_process import STALLED, End, Network
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.schedule import Schedule, on_time
from robusttrain.protocol.side import Side
from robusttrain.protocol.virtual_process import VirtualProcess
from robusttrain.protocol.worker import Worker
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of, faulty
from robusttrain.run.vectorize import settle
from robusttrain.topology.parameter_server import Server, Step, serve, work

__all__ = ["simulate"]


def simulate(
    recipe: Recipe,
    report: Callable[[Step], None] | None = None,
    ranks: int | None = None,
    schedule: Schedule = on_time,
    stalled: float = STALLED,
    side: Callable[[Recipe, Worker], Side] = answers_of,
    begin: Callable[[Server], None] | None = None,
) -> Server:
    """Run all steps of `recipe` in this process, with the bits of a run on real ranks.

    The ranks share one device, one copy of the training data and one model; torch's numerics
    are set for the time of the run and then restored. `recipe` itself is left as it is, so that
    the same recipe gives the same run again if `defense.secret` is an integer. Times are virtual.

    report: Step -> None. Called after each step; None: not at all.
    ranks: int. W worker ranks; None: runtime.ranks. The fewer, the faster: a rank computes each
        task once, whoever of its workers holds it.
    schedule: Delivery -> deliveries. What happens to each message; see `Network`.
    stalled: float. Real seconds after which a rank that computes is an error.
    side: recipe, worker -> what a worker rank says to the server, as ranks of other hardware may.
    begin: server -> None. Called before the first step; None: not at all.

    Returns the server at the end: its parameters, its members, the secret that seeded its draws.
    Raises RuntimeError if no rank with workers is left, or one has stalled, and ValueError as
    `recipe` and its assembly do.
    """
    recipe = copy.deepcopy(recipe)  # detectors and rules remember
    ranks = recipe.runtime.ranks if ranks is None else ranks
    device = choose_device(recipe.runtime.device, 0)
    with numerics(recipe.runtime.threads):
        wire = assembly.wire(recipe, device)
        server, recompute = assembled(recipe, ranks, device)

        def be_rank(hosted: list[int], link: End) -> None:
            settle_thread(recipe.runtime.threads, link)
            worker = Worker(hosted, recompute, recipe.threat)
            end = wire.worker_end(link)
            answers = faulty(recipe, side(recipe, worker), worker, VirtualProcess(link))
            work(answers, end, recipe.planner, wire.limit_down, wire.patience)

        network = Network(device, schedule, stalled)
        for rank, hosted in recipe.hosting(ranks).items():
            network.start(rank, partial(be_rank, hosted))
        (begin or ignore)(server)
        try:
            serve(server, network.hub(wire.limit_up, wire.deadline), report or ignore)
        finally:
            network.close()
    return server


def ignore(told: Step | Server) -> None:
    """Do nothing with it."""


def assembled(recipe: Recipe, ranks: int, device: torch.device) -> tuple[Server, Recompute]:
    """The server, and what computes gradients for it and for all ranks."""
    server, recompute = assembly.server(recipe, ranks, device), assembly.recompute(recipe, device)
    settle(recipe, recompute.gradients, recipe.planner(0), server.parameters)
    server.auditor.here = lambda: recompute
    return server, recompute


def settle_thread(threads: int, link: Link) -> None:
    """Set what torch keeps for each thread."""
    torch.set_num_threads(threads)
    if link.device.type == "cuda":
        torch.cuda.set_device(link.device)


@contextmanager
def numerics(threads: int) -> Iterator[None]:
    """`fix_numerics`, and everything as it was afterwards."""
    count, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    variables = {name: os.environ.get(name) for name in (WORKSPACE, COMPILED)}
    switches = [
        (torch.utils.deterministic, "fill_uninitialized_memory"),
        (torch.backends.cudnn, "benchmark"),
        (torch.backends.cudnn, "allow_tf32"),
        (torch.backends.cuda.matmul, "allow_tf32"),
    ]
    values = [getattr(owner, name) for owner, name in switches]
    try:
        fix_numerics(threads)
        yield
    finally:
        torch.set_num_threads(count)
        set_deterministic(mode)
        for (owner, name), value in zip(switches, values, strict=True):
            setattr(owner, name, value)
        for name, text in variables.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text
