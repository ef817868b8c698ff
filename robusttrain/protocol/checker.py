"""Checker: what a worker claims about the sum of another, the truth or a lie."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from robusttrain.protocol.answers import Answers
from robusttrain.protocol.shares import Shares
from robusttrain.protocol.struck import strike
from robusttrain.protocol.worker import Worker
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.redundancy.fingerprinting import Fingerprinting
from robusttrain.rng import stream
from robusttrain.threat.strike import Strike


class Checker:
    """Computes sums of others anew, from their shares; also where this rank hosts the source.

    worker: what computes rows, here of shares.
    fingerprinting: Fingerprinting. Of the run.
    """

    def __init__(self, worker: Worker, fingerprinting: Fingerprinting) -> None:
        self.worker, self.fingerprinting = worker, fingerprinting

    def claim(
        self, plan: Shares, parameters: Tensor, worker: int, source: int, seed: bytes
    ) -> bytes:
        """What `worker` says of a source's sum at `parameters` [D]; zeros: nothing."""
        threat, liars = self.worker.threat, self.worker.threat.liars(plan)
        lies = threat.claims if liars[worker] else "honest"
        if lies == "silent":
            return bytes(self.fingerprinting.width)
        if lies == "lazy":
            return self.fingerprinting.of(torch.zeros_like(parameters), seed).claim
        if lies != "honest" and liars[source]:
            return self.fingerprinting.of(self.sent(plan, parameters, source), seed).claim
        if lies == "frame":
            rng = stream(threat.seed, "attack", "claim", plan.step, worker, source)
            return rng.bytes(self.fingerprinting.width)
        lasting = threat.faults.lasting(worker, plan.step + 1)  # it is computed a step later
        return self.true(plan, parameters, source, seed, lasting).claim

    def true(
        self, plan: Shares, parameters: Tensor, source: int, seed: bytes,
        strikes: Sequence[Strike] = (),
    ) -> Fingerprint:  # fmt: skip
        """The fingerprint of a source's sum at `parameters` [D], computed anew.

        strikes: of the faults of whoever computes it.
        """
        recompute, (share,) = self.worker.recompute, plan.held([source]).tolist()
        row = parameters.new_empty(1, len(parameters))
        recompute.gradients.rows(parameters, plan, np.array([share]), row)
        strike(recompute, parameters, plan, share, strikes, row[0])
        return self.fingerprinting.of(row[0], seed)

    def sent(self, plan: Shares, parameters: Tensor, liar: int) -> Tensor:
        """[D]: the sum that a colluder has sent, as far as what is known here makes it the same."""
        colluder = replace(self.worker, hosted=[liar])
        colluder.history.update(self.worker.history)
        parcels = parcels_of(colluder.answer(plan, parameters), plan, liar)
        return torch.cat([parcel[0] for _, parcel in parcels])


def parcels_of(answers: Answers, plan: Shares, worker: int) -> Iterator[tuple[int, Tensor]]:
    """The first block and the coordinates [1, b] of each parcel of a sum; none without a share."""
    for share in plan.held([worker]).tolist():
        for first, (lo, hi) in answers.recompute.layout.parcels.items():
            yield first, answers.block([answers.index[worker, share]], lo, hi)
