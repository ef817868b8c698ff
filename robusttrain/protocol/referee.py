"""Referee: recomputes a sum about which claims disagree, at the server or at a rank it trusts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from robusttrain.comm.hub import Hub
from robusttrain.comm.link import Kind, Message, table
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.redundancy.fingerprinting import FACTS, Fingerprinting, unpacked
from robusttrain.rng import stream
from robusttrain.training.gradient.sums import Sums
from robusttrain.types import Plan


@dataclass(eq=False)
class Referee:
    """Recomputes sums at worker rank `rank`, which hosts no workers, or here if that is 0.

    If the trusted rank is lost, or late in this step, the server does it itself.

    rank: int. The trusted rank, or 0.
    here: () -> Sums. The server's own, made when it is first needed.
    fingerprinting: Fingerprinting. Of the run.
    asked: int. Requests so far; labels the answers.
    """

    rank: int
    here: Callable[[], Sums]
    fingerprinting: Fingerprinting
    asked: int = field(init=False, default=0)

    def true(
        self, plan: Plan, parameters: Tensor, worker: int, seed: bytes, perturbation: int = 0,
        hub: Hub | None = None, step: int = 0,
    ) -> Fingerprint:  # fmt: skip
        """The fingerprint of the true sum of `worker` in `plan`, at `parameters` [D].

        perturbation: int. Number of that of the parameters; see `perturbed`.
        hub, step: where the trusted rank is reached, and the step that runs; None: not at all.
        """
        if hub is not None and self.rank in hub.present:
            answer = self._there(hub, step, [plan.step, worker, perturbation], seed)
            if answer is not None:
                return answer
        sums = self.here()
        there = perturbed(parameters, perturbation).to(next(sums.model.parameters()).device)
        return self.fingerprinting.of(
            sums.sum(there, plan, worker, torch.empty_like(there)), seed
        )  # fmt: skip

    def _there(self, hub: Hub, step: int, asked: list[int], seed: bytes) -> Fingerprint | None:
        self.asked += 1
        wanted = Message(Kind.AUDIT, step, index=self.asked)
        what = np.array(asked, dtype=np.int64).tobytes() + seed
        hub.send({self.rank: wanted.reply(Kind.AUDIT, table(what))})
        size = self.fingerprinting.width + FACTS.size
        answer = hub.gather(wanted.reply(Kind.TRUTH), {self.rank: size}).get(self.rank)
        return None if answer is None else unpacked(answer.numpy().tobytes())


def perturbed(parameters: Tensor, number: int) -> Tensor:
    """Parameters [D], each times 1 + e z with z standard normal; as they are for `number` 0.

    e is 1e-6 and 1e-5 in turn: rounding, and somewhat more.
    """
    if number == 0:
        return parameters
    size = 1e-6 if number % 2 else 1e-5
    drawn = stream(number, "perturbation").standard_normal(len(parameters), dtype=np.float32)
    return parameters * (1 + size * torch.from_numpy(drawn).to(parameters.device))
