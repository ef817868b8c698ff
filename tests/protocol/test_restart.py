"""Restart: the pending probe is judged by recomputed sums alone."""

import numpy as np
import pytest
import torch
from support import plan_of

from robusttrain.defense.probe_verdict import SameBits
from robusttrain.protocol.journal import Journal
from robusttrain.protocol.journal_records import Pending
from robusttrain.protocol.restart import REASON, settle_pending
from robusttrain.redundancy.fingerprint import Fingerprint

TRUE = Fingerprint(b"true", True)


@pytest.fixture
def journal(tmp_path):
    """One of a start that convicted 4 in step 2 and 5 in step 3, and revealed step 3."""
    made = Journal(tmp_path / "journal")
    made.start()
    made.convict(4, 2, "lied")
    made.convict(5, 3, "lied")
    sums = {0: TRUE, 1: Fingerprint(b"false", True), 2: Fingerprint(b"nan", False), 3: TRUE}
    made.pend(Pending(3, 1, (0, 1, 2, 3), 1, sums, b"seed"), torch.tensor([7.0]))
    return made


def test_who_sent_another_sum_is_convicted_and_the_probe_is_settled(journal):
    asked = []

    def plan(step, status):
        asked.append((step, status.tolist()))
        return plan_of(np.array([[0], [1], [2], [3]]), step=step)

    def recompute(then, parameters, worker, seed, perturbation):
        assert (parameters.tolist(), then.step, seed, perturbation) == ([7.0], 3, b"seed", 0)
        return TRUE

    settle_pending(journal, 6, plan, recompute, lambda sums: SameBits())
    assert asked == [(3, [0, 0, 0, 0, 1, 0])]  # 5 was convicted when the plan was made
    assert sorted(journal.convicted) == [1, 4, 5]
    assert (journal.convicted[1].step, journal.convicted[1].reason) == (4, REASON)
    assert journal.pending is None
    settle_pending(journal, 6, lambda *plan: pytest.fail("nothing is pending"), recompute, None)
