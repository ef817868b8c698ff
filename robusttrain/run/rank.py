"""One rank of a run, from a checked recipe to the end; here the server."""

import json
import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console

from robusttrain.analysis.score import Scorer
from robusttrain.comm.hub import Hub
from robusttrain.comm.losses import RanksMissing
from robusttrain.comm.ranks import local_rank, rank, worker_ranks
from robusttrain.comm.supervisor import tell_supervisor
from robusttrain.config.device import choose_device, fix_numerics
from robusttrain.config.recipe import Recipe
from robusttrain.monitor.base import FanOut, Monitor
from robusttrain.monitor.jsonl import Jsonl
from robusttrain.monitor.progress import Live
from robusttrain.report.card import card
from robusttrain.report.promises import promises
from robusttrain.run import assembly, files
from robusttrain.run.divergence import Watch, finite
from robusttrain.run.ending import DIVERGED, BrokenOff, keep_tracebacks
from robusttrain.run.interruption import SIGNAL, STEP, Interruption
from robusttrain.run.keeping import Keeping
from robusttrain.run.recorder import Recorder, make_folder
from robusttrain.run.resume import (
    METRICS,
    Lock,
    Resumption,
    begin_metrics,
    keep_journal,
    resumption,
)
from robusttrain.run.state import Whole, parts_of
from robusttrain.run.worker_rank import GRACE, run_worker
from robusttrain.topology.parameter_server import Server, Step, serve

log = logging.getLogger(__name__)
DRAWN_ANEW = "; the server draws anew, so that it is another run, as valid as that one"
STOPPED = 2.0  # as many if this one was told to stop


def run_rank(recipe: Recipe) -> None:
    """Be the server if this is rank 0, else a worker rank."""
    logging.basicConfig(format=f"rank {rank()}: %(message)s", force=True)
    log.setLevel(logging.INFO)
    fix_numerics(recipe.runtime.threads)
    if rank() == 0:
        run_server(recipe)
    else:
        run_worker(recipe)


def run_server(recipe: Recipe) -> None:
    """Make the server and what measures the model, and train."""
    device = choose_device(recipe.runtime.device, local_rank())
    server = assembly.server(recipe, worker_ranks(), device)
    serve_run(recipe, server, assembly.evaluator(recipe, server.parameters), STEP)


def serve_run(
    recipe: Recipe, server: Server, evaluate: Callable[[], dict[str, float]], wait: float = 0.0
) -> None:
    """Train, and leave the run's folder behind whether or not it comes to a good end.

    wait: float. Seconds that a signal leaves the step under way; 0 where ranks may die of it, too.
    Raises BrokenOff if it does not, and ValueError if its folder was taken meanwhile.
    """
    interruption, parts = Interruption(wait, recipe.steps), parts_of(server)
    server.update = interruption.whole(server.update)
    try:
        hub = assembly.wire(recipe, server.parameters.device).serve(recipe.fingerprint())
    except RanksMissing as error:
        raise BrokenOff.of(error) from error
    grace = GRACE
    try:
        made = resumption(recipe.config)
        folder = interruption.folder = make_folder(recipe.config["run"], recipe.config)
        tell_supervisor(str(folder))
        lock = Lock(folder)
        metrics = Jsonl(folder / METRICS)
        recorder = make_recorder(folder, recipe, server, evaluate, metrics)
        parts |= {"recorder": recorder, "metrics": metrics, "updates": interruption}
        whole = Whole(server.parameters, parts)
        keeping = Keeping(recipe.config, folder, whole, server.exchange, interruption.stopping)
        start, end = time.monotonic(), None
        try:
            begin_metrics(folder, made)
            go_on(recipe, server, keeping, made)
            interruption.begin(server.first)
            serve(server, hub, partial(each, recorder, keeping, interruption))
        except BaseException as error:
            end = BrokenOff.of(error)
        interruption.ignore()
        if end is not None and end.code > SIGNAL:
            grace = STOPPED
            keeping.keep_last()
            hub.dismiss(grace)  # now, so that ranks end while files are written
        seconds = time.monotonic() - start
        end = close(recipe, server, hub, recorder, keeping, interruption.updates, seconds, end)
        lock.free()
        if end is not None:
            raise end
    except BaseException:
        if grace == GRACE:
            hub.dismiss(grace)
        raise


def each(recorder: Recorder, keeping: Keeping, interruption: Interruption, done: Step) -> None:
    """Record a step, and save the state after it if that is due."""
    recorder(done)
    step = done.plan.step
    interruption.after(step, lambda: keeping.keep(step))


def go_on(recipe: Recipe, server: Server, keeping: Keeping, made: Resumption | None) -> None:
    """Set the server, and what records it, to what they were at the checkpoint, if there is one."""
    server.closes = keeping.closes
    if keeping.every:
        keep_journal(server.exchange, keeping.folder, made)
    if made is not None:
        keeping.whole.load_state_dict(made.state)
        server.first = made.step
        again = "" if recipe.config["defense"]["secret"] is not None else DRAWN_ANEW
        log.info("goes on after step %d, from %s%s", made.step - 1, made.path, again)


def close(
    recipe: Recipe, server: Server, hub: Hub, recorder: Recorder, keeping: Keeping, updates: int,
    seconds: float, end: BrokenOff | None,
) -> BrokenOff | None:  # fmt: skip
    """Write tracebacks, model.pt and summary.json; returns why the run broke off, if it did.

    The parameters are those after so many whole updates; if it broke off, they are kept unless
    there was none, or they are not finite.
    """
    if end is not None and (said := server.exchange.leave()):
        log.warning(said)
    recorder.checkpoint = keeping.last()
    try:
        end = keep_tracebacks(recorder.folder, hub.tracebacks, end)
        if end is None or (updates and finite(server.parameters)):
            trained = recipe.layout.unflatten(server.parameters)
            files.save(recorder.folder / "model.pt", files.whole_state(recipe.model, trained))
            recorder.saved = updates
    except OSError as error:  # such as a full disk
        end = end or BrokenOff.of(error)
    if end is not None and end.code != DIVERGED:
        recorder.resume = end.resume = files.going_on(recorder.folder)
    try:
        recorder.end("" if end is None else str(end), seconds)
    except OSError as error:
        end = end or BrokenOff.of(error)
    return end


def make_recorder(
    folder: Path, recipe: Recipe, server: Server, evaluate: Callable[[], dict[str, float]],
    metrics: Monitor,
) -> Recorder:  # fmt: skip
    """Say how the run starts, and return what records it in `folder`."""
    calibration = server.exchange.calibration
    promised = json.dumps(promises(recipe, calibration), indent=2)
    files.write_text(folder / "certificate.json", promised + "\n")
    console, device = Console(), server.parameters.device
    opening = card(recipe, worker_ranks(), str(device), calibration)
    console.print(opening, highlight=False, soft_wrap=True)
    monitors: list[Monitor] = [Live(console, recipe.steps), metrics]
    wandb = recipe.config["wandb"]
    if wandb["enabled"]:
        from robusttrain.monitor.wandb import Wandb

        monitors.append(Wandb(wandb["project"], wandb["mode"], folder, recipe.config))
    return Recorder(
        folder,
        Scorer(recipe.threat, recipe.layout.size),
        Watch.of(recipe, server.parameters),
        FanOut(monitors),
        evaluate,
        recipe.config["evaluate_every"],
        recipe.steps,
        server.secret,
    )
