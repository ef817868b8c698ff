"""Restart: what an earlier start of the server has left behind is settled before the first step."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from torch import Tensor

from robusttrain.defense.probe_verdict import Comparison, refuted
from robusttrain.protocol.journal import Journal
from robusttrain.redundancy.fingerprint import Fingerprint
from robusttrain.types import Plan

REASON = "sent a wrong sum: recomputed when the server started again"


def settle_pending(
    journal: Journal,
    workers: int,
    plan: Callable[[int, np.ndarray], Plan],
    recompute: Callable[[Plan, Tensor, int, bytes, int], Fingerprint],
    compare: Callable[[Mapping[int, Fingerprint]], Comparison],
) -> None:
    """Judge the probe that was revealed and not settled, without claims: all its sums are computed.

    That takes as long as one step of plain training, here. Who sent a sum that the one computed
    here refutes is convicted.

    journal: Journal. Open; its pending probe is settled when this returns.
    workers: int. K.
    plan: step, status [K] -> who computes what.
    recompute: plan, parameters [D], worker, seed, perturbation -> fingerprint of the true sum.
    compare: fingerprints of the whole sums -> when two of the same sum are too different.
    """
    probe = journal.pending
    if probe is None:
        return
    status = np.zeros(workers, dtype=np.uint8)
    status[[w for w, known in journal.convicted.items() if known.step < probe.step]] = 1
    then, parameters = plan(probe.step, status), journal.parameters()
    comparison = compare(probe.sums)
    for worker, received in sorted(probe.sums.items()):
        truths = comparison.truths(partial(recompute, then, parameters, worker, probe.seed))
        if received.finite and refuted(worker, received, {}, truths, comparison, ()):
            journal.convict(worker, probe.step + 1, REASON)
    journal.settle()
