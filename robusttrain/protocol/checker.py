"""Checker: what a worker claims about the sum of another, the truth or a lie."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace

import torch
from torch import Tensor

from robusttrain.protocol.answers import Answers
from robusttrain.protocol.shares import Shares
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.fingerprint import Exact
from robusttrain.rng import stream


class Checker:
    """Computes sums of others anew, from their shares; also where this rank hosts the source.

    worker: what computes rows, here of shares. pool: makes fingerprints.
    """

    def __init__(self, worker: Worker, pool: Executor) -> None:
        self.worker, self.pool = worker, pool

    def claim(self, plan: Shares, parameters: Tensor, worker: int, source: int) -> bytes:
        """What `worker` says of a source's sum at `parameters` [D]; zeros: nothing."""
        threat, liars = self.worker.threat, self.worker.threat.liars(plan)
        lies = threat.claims if liars[worker] else "honest"
        if lies == "silent":
            return bytes(Exact.width)
        if lies == "lazy":
            return self.fingerprint(torch.zeros_like(parameters))
        if lies != "honest" and liars[source]:
            return self.fingerprint(self.sent(plan, parameters, source))
        if lies == "frame":
            rng = stream(threat.seed, "attack", "claim", plan.step, worker, source)
            return rng.bytes(Exact.width)
        row = parameters.new_empty(1, len(parameters))
        rows = self.worker.recompute.gradients.rows
        return self.fingerprint(rows(parameters, plan, plan.held([source]), row)[0])

    def sent(self, plan: Shares, parameters: Tensor, liar: int) -> Tensor:
        """[D]: the sum that a colluder has sent, as far as what is known here makes it the same."""
        colluder = replace(self.worker, hosted=[liar], sleep=lambda seconds: None)
        colluder.history.update(self.worker.history)
        blocks = blocks_of(colluder.answer(plan, parameters), plan, liar)
        return torch.cat([block[0] for block in blocks])

    def fingerprint(self, vector: Tensor) -> bytes:
        """The claim that a sum [D] has these bytes."""
        made = Exact(self.worker.recompute.layout.blocks, self.pool)
        made.add_sum(0, vector)
        return made.fingerprints()[0].claim


def blocks_of(answers: Answers, plan: Shares, worker: int) -> Iterator[Tensor]:
    """The blocks [1, b] of a worker's sum as they are sent; none if it has no share."""
    for share in plan.held([worker]).tolist():
        for lo, hi in answers.recompute.layout.blocks:
            yield answers.block([answers.index[worker, share]], lo, hi)
