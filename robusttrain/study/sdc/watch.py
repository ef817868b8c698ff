"""Watch: what ranks send in a simulation, beside what is true, and whom the server names."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from robusttrain.comm.link import Kind, LinkError
from robusttrain.config.recipe import Recipe
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.schedule import Delivery
from robusttrain.protocol.share_gradients import ShareGradients, as_engine
from robusttrain.protocol.shares import Shares, shares
from robusttrain.run import assembly
from robusttrain.study.sdc.replay import computed_twice
from robusttrain.study.sdc.seen import seen
from robusttrain.topology.parameter_server import Step
from robusttrain.training.trees import same_bits
from robusttrain.types import Plan


@dataclass(frozen=True)
class Effect:
    """What a fault has done to what a worker said in a step.

    changed: bool. Whether any bit of it is wrong.
    finite: bool. Whether it is all finite; what is not is left out, and convicts nobody.
    seen: bool. Whether a product would show it, in a probe with a digest's place.
    replayed: bool. Whether the device finds other bits if it computes its share again.
    """

    changed: bool
    finite: bool = True
    seen: bool = False
    replayed: bool = False


@dataclass(eq=False)
class Watch:
    """The `schedule` of a simulation of `made`, each rank of which has one worker.

    parameters: [D]. As the server has published them last.
    named: (worker, step) of each conviction: for what it said in which step.
    """

    made: Recipe
    parameters: Tensor = field(init=False)
    named: set[tuple[int, int]] = field(init=False, default_factory=set)
    _sums: dict[int, list[Tensor]] = field(init=False)
    _roots: dict[int, bytes] = field(init=False, default_factory=dict)

    def __call__(self, delivery: Delivery) -> Iterable[Delivery]:
        message = delivery.message
        if isinstance(message, LinkError):
            return (delivery,)
        if message.kind == Kind.PUBLISH and not delivery.up:
            self.parameters, self._sums = message.floats().clone(), defaultdict(list)
        elif message.kind == Kind.SUM:
            self._sums[message.pull].append(message.floats().clone())
        elif message.kind == Kind.COMMIT:
            self._roots[delivery.rank - 1] = message.bytes().tobytes()
        return (delivery,)

    def note(self, step: Step) -> None:
        """Take in whom the server names."""
        for worker, why in step.outcome.verdict.convicted.items():
            told = re.search(r" of step (\d+),", why)  # probes name a step that is over
            self.named.add((worker, int(told[1]) if told else step.plan.step))

    def out(self, worker: int, step: int) -> bool:
        """Whether a worker's sums are left out from `step` on, since it is known."""
        return self.made.agreement.probes and any(w == worker and n < step for w, n in self.named)

    def effect(self, plan: Plan, worker: int) -> Effect:
        """What is wrong with what `worker` has said in the step that ends."""
        if self.made.agreement.probes:
            return self._of_sum(shares(plan), worker)
        roots = self._recompute.roots(self.parameters, plan, plan.held([worker]))
        return Effect(roots != self._roots[worker])

    def _of_sum(self, plan: Shares, worker: int) -> Effect:
        sent = {w: torch.cat(parts) for w, parts in self._sums.items()}
        true = torch.empty_like(self.parameters)
        self._recompute.gradients.rows(self.parameters, plan, plan.held([worker]), true[None])
        first, again = computed_twice(
            self._recompute, self.made.threat.faults, plan, self.parameters, worker
        )
        assert same_bits(first, sent[worker]), "the device sends what it has computed"
        return Effect(
            changed=not same_bits(true, first),
            finite=bool(first.isfinite().all()),
            seen=seen(self.made, plan.step, sent, worker, true),
            replayed=not same_bits(first, again),
        )

    @cached_property
    def _recompute(self) -> Recompute:
        made = assembly.recompute(self.made, self.parameters.device)
        if not self.made.agreement.probes:
            return made
        return replace(made, gradients=as_engine(ShareGradients, made.gradients))
