"""A rank of the price table: runs every row, block by block, and writes what it measured."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from robusttrain.benchmark.phases import Phases
from robusttrain.comm.data_parallel import data_parallel
from robusttrain.comm.losses import losses
from robusttrain.comm.ranks import local_rank, rank, worker_ranks
from robusttrain.comm.supervisor import die_with_parent
from robusttrain.config.device import choose_device, fix_numerics
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.probing import Probing
from robusttrain.run import assembly
from robusttrain.run.sides import answers_of
from robusttrain.study.price.chosen import Exactly
from robusttrain.study.price.loop import Loop
from robusttrain.study.price.measured import Block, write
from robusttrain.study.price.places import SERVER, WITHIN, WORKER, watched
from robusttrain.study.price.rows import Row
from robusttrain.study.price.setting import PATIENCE, Setting
from robusttrain.study.price.stopwatch import Stopwatch
from robusttrain.topology.parameter_server import Step, serve, work
from robusttrain.types import Plan


def be_rank(setting: Setting, folder: Path) -> None:
    """Run all blocks as the rank that torchrun made of this process, and write to `folder`."""
    die_with_parent()
    fix_numerics(setting.threads)
    device = choose_device(setting.device, local_rank())
    phases = Phases(device.type, WITHIN)
    blocks = list[Block]()
    with watched(phases, WORKER if rank() else SERVER):
        for number, (turn, row) in enumerate(setting.blocks()):
            watch = Stopwatch(phases)
            run = {"plain": plain, "ddp": ddp, "ours": worker if rank() else server}[row.kind]
            recipe = setting.recipe(row)
            if run(recipe, row, device, watch, number):
                made = Block(row.name, turn, rank(), recipe.steps - 1, **watch.measured)
                blocks.append(made)
    write(blocks, folder, rank())


def plain(recipe: Recipe, row: Row, device: torch.device, watch: Stopwatch, number: int) -> bool:
    """Rank 1 alone, over all samples."""
    if rank() == 1:
        train(Loop(recipe, device, range(recipe.workers)), recipe, watch)
    return rank() == 1


def ddp(recipe: Recipe, row: Row, device: torch.device, watch: Stopwatch, number: int) -> bool:
    """All worker ranks, each over the samples of its workers."""
    if rank():
        hosted = recipe.hosting(worker_ranks())[rank()]
        backend = "nccl" if recipe.runtime.backend == "nccl" else "gloo"
        wrap = partial(data_parallel, backend=backend, seconds=PATIENCE)
        train(Loop(recipe, device, hosted, wrap), recipe, watch)
    return rank() > 0


def train(loop: Loop, recipe: Recipe, watch: Stopwatch) -> None:
    """All steps of a loop, the first one not timed."""
    for step in range(recipe.steps):
        start = time.perf_counter()
        loop.step(recipe.planner(step))
        if loop.device.type == "cuda":
            torch.cuda.synchronize()
        watch.steps.append(time.perf_counter() - start)
        if step == 0:
            watch.begin()
    watch.end()


def server(recipe: Recipe, row: Row, device: torch.device, watch: Stopwatch, number: int) -> bool:
    """The shipped server, one step in `row.every` probed."""
    made = assembly.server(recipe, worker_ranks(), device)
    if isinstance(made.exchange, Probing):
        made.exchange.schedule = Exactly(row.probed(recipe.steps - 1))
    wire = replace(assembly.wire(recipe, device), about=str(number))
    hub = wire.serve(recipe.fingerprint())

    def report(done: Step) -> None:
        watch.steps.append(done.seconds)
        if done.lost:
            raise RuntimeError(f"{row.name}: {losses(hub.lost)}")
        if done.plan.step == 0:
            watch.begin()
        if done.plan.step == recipe.steps - 1:
            watch.end()

    serve(made, hub, report)
    hub.close()
    return True


def worker(recipe: Recipe, row: Row, device: torch.device, watch: Stopwatch, number: int) -> bool:
    """A shipped worker rank."""
    made = assembly.worker(recipe, rank(), worker_ranks(), device)
    wire = replace(assembly.wire(recipe, device), about=str(number))
    link = wire.attend(recipe.fingerprint())
    planner = recipe.planner

    def plan(step: int, status: np.ndarray | None) -> Plan:
        """What is asked for as soon as the parameters of a step are there."""
        if step == 1 and not watch.begun:
            watch.begin()
        return planner(step, status)

    work(answers_of(recipe, made), link, plan, wire.limit_down, wire.patience)
    watch.end()
    link.close()
    return True
