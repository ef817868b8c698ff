"""A worker rank of a run: it joins, works, comes back, and tells the server if it fails."""

import contextlib
import logging
import os
import signal
import sys

import torch

from robusttrain.comm.failure import cause_of, pack, traceback_of
from robusttrain.comm.link import Kind, Link, LinkError, Message, table
from robusttrain.comm.ranks import beside, local_rank, rank, worker_ranks
from robusttrain.comm.rendezvous import Wire
from robusttrain.config.device import choose_device
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.worker import Worker
from robusttrain.run import assembly
from robusttrain.run.interruption import NUMBERS
from robusttrain.run.sides import own_side
from robusttrain.topology.parameter_server import work

log = logging.getLogger(__name__)
GRACE = 5.0  # seconds for the other side to take in how this one ends


def run_worker(recipe: Recipe) -> None:
    """Join the server and work until it says stop, or is gone; tell it if this rank fails.

    Raises SystemExit if it failed and was launched apart: then whatever did so may start it again.
    Launchers send a signal to all ranks: that is the server's alone, once this rank has joined it.
    """
    log.setLevel(logging.INFO)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    device = choose_device(recipe.runtime.device, local_rank())
    wire, fingerprint = assembly.wire(recipe, device), recipe.fingerprint()
    link: Link | None = None
    try:
        worker = assembly.worker(recipe, rank(), worker_ranks(), device)
        log.info("pid %d hosts workers %s on %s", os.getpid(), worker.hosted, device)
        if wire.apart is not None:
            import_ahead(recipe)
        way, over = wire.way(), False
        while not over:
            link = wire.attend(fingerprint, way=way)
            for number in NUMBERS if wire.apart is None else ():
                signal.signal(number, signal.SIG_IGN)
            over = serves_out(recipe, worker, wire, link)
    except LinkError as error:
        if not beside(rank()):  # a server on this machine tells its end itself
            log.warning("the server %s", error)
        if wire.apart is not None:
            raise SystemExit(1) from None  # for whatever has launched this rank
    except Exception as error:
        tell(error, wire, fingerprint, link)
        if wire.apart is not None:
            raise SystemExit(1) from error


def import_ahead(recipe: Recipe) -> None:
    """Have torch import what its first vmap would, before the others wait for this rank's rows."""
    if not recipe.agreement.probes and recipe.objective.vectorize != "loop":
        torch.func.vmap(torch.func.grad(torch.sum))(torch.ones(1, 1))


def serves_out(recipe: Recipe, worker: Worker, wire: Wire, link: Link) -> bool:
    """Work until the server says stop; False if the link has broken, and can be made anew."""
    try:
        answers = own_side(recipe, worker, link)
        work(answers, link, recipe.planner, wire.limit_down, wire.patience)
    except LinkError as error:
        link.close()
        if wire.backend != "tls":
            raise
        if not beside(rank()):
            log.warning("the server %s; this rank tries to come back", error)
        return False
    return True


def tell(error: Exception, wire: Wire, fingerprint: bytes, link: Link | None) -> None:
    """Tell the server that this rank has failed, and wait until it has dropped the link.

    link: to the server; None: it is not joined yet.
    Raises SystemExit, with the traceback printed, if the server cannot be told.
    """
    try:
        if link is None:
            link = wire.attend(fingerprint, pack(error))
        else:
            link.send(Message(Kind.FAILED, payload=table(pack(error))), GRACE)
    except LinkError:
        print(traceback_of(error), file=sys.stderr)
        raise SystemExit(f"rank {rank()} failed: {cause_of(error)}") from None
    with contextlib.suppress(LinkError):
        while True:
            link.receive(wire.limit_down, GRACE)
