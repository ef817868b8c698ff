"""A session: protects a training loop that exists, in the user's own script under torchrun."""

import atexit
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import Dataset

from robusttrain.comm.agreed import apart, as_rank_1
from robusttrain.comm.failure import pack
from robusttrain.comm.link import Kind, LinkError, Message, table
from robusttrain.comm.ranks import local_rank, rank, worker_ranks
from robusttrain.comm.rendezvous import meeting_place
from robusttrain.config.compose import compose
from robusttrain.config.device import choose_device, fix_numerics
from robusttrain.config.recipe import Parts, Recipe, recipe
from robusttrain.protocol.worker import Worker
from robusttrain.run import assembly
from robusttrain.run.agree import agree, go_on
from robusttrain.run.memory import check_memory
from robusttrain.run.rank import serve_run
from robusttrain.run.session_batches import as_in_loop, check_batches, check_tolerance
from robusttrain.run.session_checks import (
    check_launch,
    check_model,
    check_optimizer,
    described,
    words,
)
from robusttrain.run.sides import own_side
from robusttrain.run.train import claim_folder, served
from robusttrain.run.trial import try_tasks
from robusttrain.topology.parameter_server import Server, WorkerSide
from robusttrain.training.batches import Batches, Loop
from robusttrain.training.digest import digest
from robusttrain.training.on_demand import samples_of
from robusttrain.training.update.synchronous import Synchronous
from robusttrain.usercode.broken import trace_of

__all__ = ["Session"]

GOODBYE = 10.0


class Session:
    """Robust training of `model` by a loop that the user wrote; made alike on every rank.

    Rank 0 is the server: it calls `serve` once. All other ranks run the loop, each with the same
    batches in the same order, and call `step` with each: the session cuts the batch into tasks,
    and this rank computes those of its workers.

    model: nn.Module of float32 parameters. Those of rank 0 count; buffers and frozen parameters
        must be equal on all ranks. It holds the latest parameters whenever `step` has returned.
    loss: (outputs, targets) -> scalar, the mean over samples; outputs = model(inputs).
    config: overrides of configs/train.yaml, as for `rt.train`. No preset is chosen, and no
        attack is simulated unless `threat.byzantine` is set.
    batch: B, int. Samples a step, a multiple of the number of tasks.
    steps: int >= 1. How many to train.
    optimizer: torch's, over the parameters of `model`; it steps on the server alone. None: that
        of `config`.
    schedule: a torch.optim.lr_scheduler over `optimizer`, or None. It moves on once a step.
    data: map-style Dataset of pairs (input, target), if batches are indices into it.
    classes: int or None. Targets are 0..classes-1; for attacks that change labels.
    Raises ValueError with the remedy. Sets numerics: deterministic kernels, no TF32, threads.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Any, Any], Tensor],
        config: Sequence[str] = (),
        *,
        batch: int,
        steps: int,
        optimizer: Optimizer | None = None,
        schedule: Any = None,
        data: Dataset | None = None,
        classes: int | None = None,
    ) -> None:
        check_launch()
        self.rank = rank()
        self.model, self.optimizer, self.schedule, self.steps = model, optimizer, schedule, steps

        def check() -> Recipe:
            check_model(model)
            check_optimizer(model, optimizer, schedule)
            self._batches = Batches(batch, steps, None if data is None else samples_of(data, 0))
            composed = compose(*words(config, batch, steps, optimizer is not None))
            said = described(composed, model, loss, optimizer, schedule)
            parts = Parts(Loop(self._batches, classes), model, loss, said)
            self.recipe = recipe(composed, worker_ranks(), parts)
            check_tolerance(self.recipe)
            return self.recipe

        agree(check, self._set_up)
        if self.recipe.threat.byzantine:
            self._batches.kept += self.recipe.threat.attack.memory
        self._batches.kept += self.recipe.agreement.probes  # a trusted rank is asked a step later
        fix_numerics(self.recipe.runtime.threads)
        self.device = choose_device(self.recipe.runtime.device, local_rank())
        self._side: WorkerSide | None = None
        self._latest = Message(Kind.HELLO)

    @property
    def is_server(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    def serve(
        self,
        batches: Iterable[Any] | None = None,
        evaluate: Callable[[], dict[str, float]] | None = None,
    ) -> dict[str, Any]:
        """Train until all steps are done; returns what summary.json holds.

        batches: the same as the loop's, for audits by the server; read as audits need them.
        evaluate: () -> {name: measure} of `model`, called every `evaluate_every` steps.
        Raises ValueError if sums or tasks are recomputed here and there are no batches, or the
        first is another than the loop's; RuntimeError with the cause if the run breaks off, as it
        does when all worker ranks have left.
        """
        if not self.is_server:
            raise RuntimeError(
                f"rank {self.rank} is no server; call session.step(batch) in its loop"
            )
        server = self._server(self.device)
        self._tie(server.parameters)
        wait, error = self.recipe.runtime.start, None
        try:
            self._take_batches(server, batches)
        except ValueError as caught:
            error = caught
        go_on(apart(meeting_place(wait), "loop"), error, wait)
        folder = claim_folder(self.recipe.config["run"])
        return served(folder, lambda: serve_run(self.recipe, server, evaluate or dict))

    def step(self, batch: Any) -> bool:
        """Take part in a step; when it returns, `model` holds the new parameters.

        batch: (inputs, targets), tensors [B, ...] or trees of them, or with `data` indices [B]
            int: the same on every rank.
        Returns whether there are steps left. Raises ValueError for a batch that is not as it must
        be, RuntimeError if no steps are left or the server is gone.
        """
        if self.is_server:
            raise RuntimeError("rank 0 is the server; call session.serve() there")
        if self._latest.kind == Kind.STOP:
            raise RuntimeError(
                f"all steps={self.steps} are done; end the loop when session.step(batch) returns "
                "False, or give the session more steps"
            )
        try:
            side = self._side or self._join(batch)
            self._batches.hold(self._latest.step, batch)
            self._latest = self._answer(side)
        except LinkError as error:
            self._side = None
            raise RuntimeError(f"rank {self.rank}: the server {error}; see its output") from error
        if self._latest.payload is not None:
            self._load(self._latest.floats())
        elif self._latest.kind == Kind.STOP:
            raise RuntimeError(f"rank {self.rank}: the server has ended the run; see its output")
        if self._latest.kind == Kind.STOP:
            side.link.close()
        return self._latest.kind != Kind.STOP

    def _answer(self, side: WorkerSide) -> Message:
        try:
            return side.step(self._latest)
        except LinkError:
            raise
        except Exception as error:
            with suppress(LinkError):  # so that the server can tell why this rank is lost
                side.link.send(Message(Kind.FAILED, payload=table(pack(error))), GOODBYE)
            raise

    def close(self) -> None:
        """Leave before the last step, for good; called when the process ends without an error."""
        if self._side is None or self._latest.kind == Kind.STOP or hasattr(sys, "last_value"):
            return
        with suppress(LinkError), closing(self._side.link) as link:
            link.send(self._latest.reply(Kind.LEAVE), GOODBYE)
        self._latest = Message(Kind.STOP)

    def _join(self, batch: Any) -> WorkerSide:
        """Try the first batch, and join the server if all ranks can go on."""
        runtime, error = self.recipe.runtime, None
        store = meeting_place(runtime.start)
        same = as_rank_1(apart(store, "batch"), self.rank, digest(batch), runtime.patience)
        try:
            if not same:
                raise ValueError(
                    "the first batch differs from that of rank 1; all ranks must draw the same: "
                    "seed the loader's shuffle, and use no DistributedSampler"
                )
            worker = assembly.worker(self.recipe, self.rank, worker_ranks(), self.device)
            self._try(worker, batch)
        except ValueError as caught:
            error = caught
            print(trace_of(caught) if self.rank == 1 else "", end="", file=sys.stderr)
        go_on(apart(store, "loop"), error, runtime.patience)
        wire = assembly.wire(self.recipe, self.device)
        link = wire.attend(self.recipe.fingerprint())
        answers, limit = own_side(self.recipe, worker, link), wire.limit_down
        side = WorkerSide(answers, link, self.recipe.planner, limit, wire.patience)
        self._latest, self._side = side.receive(), side
        atexit.register(self.close)
        return side

    def _try(self, worker: Worker, batch: Any) -> None:
        """The trial step, on the first batch."""
        self._batches.hold(0, batch)
        layout, named = self.recipe.layout, dict(self.model.named_parameters())
        values = {name: parameter.detach() for name, parameter in named.items()}
        parameters = layout.pack(values, torch.empty(layout.size, device=self.device))
        try_tasks(worker.recompute, self.recipe.planner(0), parameters)

    def _load(self, flat: Tensor) -> None:
        """Copy the flat parameters [D] into the model."""
        named = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, values in self.recipe.layout.unflatten(flat.to(self.device)).items():
                named[name].copy_(values)

    def _set_up(self, recipe: Recipe, ranks: int) -> None:
        """What can be tried before there is a batch: memory for the rows, and the optimizer."""
        check_memory(recipe, ranks, choose_device(recipe.runtime.device, 0))
        self._server(torch.device("cpu"))

    def _server(self, device: torch.device) -> Server:
        own = None if self.optimizer is None else self._update
        return assembly.server(self.recipe, worker_ranks(), device, own)

    def _tie(self, flat: Tensor) -> None:
        """Make the parameters of the model views of the flat parameters [D]."""
        named = dict(self.model.to(self.device).named_parameters())
        for name, values in self.recipe.layout.unflatten(flat).items():
            named[name].data = values

    def _update(self, flat: Tensor) -> Synchronous:
        """The user's optimizer, over the parameters of the model, which are views of `flat`."""
        assert self.optimizer is not None
        layout, named = self.recipe.layout, dict(self.model.named_parameters())
        return Synchronous(
            [named[name] for name in layout.names],
            lambda direction: list(layout.unflatten(direction).values()),
            self.optimizer,
            self.schedule,
        )

    def _take_batches(self, server: Server, batches: Iterable[Any] | None) -> None:
        """Keep what the server recomputes from. Raises ValueError if it must, and cannot."""
        check_batches(self.recipe, server.auditor.rank, batches is not None)
        if batches is not None:
            self._batches.coming = as_in_loop(batches, self.recipe.runtime.start)
