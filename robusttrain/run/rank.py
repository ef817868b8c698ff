"""One rank of a run, from a checked recipe to the end: the server's side and a worker rank's."""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from rich.console import Console

from robusttrain.analysis.score import Scorer
from robusttrain.comm.link import LinkError
from robusttrain.comm.rendezvous import local_rank, rank, worker_ranks
from robusttrain.config.device import choose_device, fix_numerics
from robusttrain.config.recipe import Recipe
from robusttrain.monitor.base import FanOut, Monitor
from robusttrain.monitor.jsonl import Jsonl
from robusttrain.monitor.progress import Live
from robusttrain.report.card import card
from robusttrain.run import assembly, files
from robusttrain.run.recorder import Recorder, make_folder
from robusttrain.topology.parameter_server import Server, serve, work

log = logging.getLogger(__name__)


def run_rank(recipe: Recipe) -> None:
    """Be the server if this is rank 0, else a worker rank."""
    logging.basicConfig(format=f"rank {rank()}: %(message)s", force=True)
    log.setLevel(logging.INFO)
    fix_numerics(recipe.runtime.threads)
    if rank() == 0:
        run_server(recipe)
    else:
        run_worker(recipe)


def run_worker(recipe: Recipe) -> None:
    """Join the server and work until it says stop, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    device = choose_device(recipe.runtime.device, local_rank())
    worker = assembly.worker(recipe, rank(), worker_ranks(), device)
    wire = assembly.wire(recipe, device)
    log.info("pid %d hosts workers %s on %s", os.getpid(), worker.hosted, device)
    link = wire.attend(recipe.fingerprint())
    try:
        work(worker, link, recipe.planner, wire.limit_down, wire.patience)
    except LinkError as error:
        raise SystemExit(f"rank {rank()}: the server {error}") from error


def run_server(recipe: Recipe) -> None:
    """Make the server and what measures the model, and train."""
    device = choose_device(recipe.runtime.device, local_rank())
    server = assembly.server(recipe, worker_ranks(), device)
    serve_run(recipe, server, assembly.evaluator(recipe, server.parameters))


def serve_run(recipe: Recipe, server: Server, evaluate: Callable[[], dict[str, float]]) -> None:
    """Train, and leave the run's folder behind whether or not it comes to a good end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    device = server.parameters.device
    hub = assembly.wire(recipe, device).serve(recipe.fingerprint())
    folder = make_folder(recipe.config["run"], recipe.config)
    certificate = recipe.planner.start.certificate.as_dict()
    files.write_text(folder / "certificate.json", json.dumps(certificate, indent=2) + "\n")
    console = Console()
    console.print(card(recipe, worker_ranks(), str(device)), highlight=False, soft_wrap=True)
    monitors: list[Monitor] = [Live(console, recipe.steps), Jsonl(folder / "metrics.jsonl")]
    wandb = recipe.config["wandb"]
    if wandb["enabled"]:
        from robusttrain.monitor.wandb import Wandb

        monitors.append(Wandb(wandb["project"], wandb["mode"], folder, recipe.config))
    scorer = Scorer(recipe.threat, recipe.layout.size)
    every, steps = recipe.config["evaluate_every"], recipe.steps
    recorder = Recorder(folder, scorer, FanOut(monitors), evaluate, every, steps, server.secret)
    start = time.monotonic()
    try:
        serve(server, hub, report=recorder)
        files.save(folder / "model.pt", recipe.layout.unflatten(server.parameters))
    except BaseException as error:
        recorder.end(error, time.monotonic() - start)
        hub.close()
        raise
    recorder.end(None, time.monotonic() - start)
