"""Without agreement, nothing is committed to and no block is checked."""

import numpy as np
from support import plan_of

from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import SILENT


def test_nothing_is_committed_to():
    nothing = NoAgreement()
    assert nothing.width == len(nothing.leaf(memoryview(b"x"))) == len(nothing.root(b"")) == 0


def test_all_who_answer_agree_and_a_missing_worker_is_silent():
    plan = plan_of(Subset(3).teams(5))
    empty = np.zeros((6, 0), dtype=np.uint8)
    said = Commitments.of(plan, dict.fromkeys([0, 1, 3, 4], empty), NoAgreement.width)
    claims = said.claims()
    silent = plan.teams == 2
    first = (~silent).argmax(axis=1)[:, None]
    assert np.array_equal(claims.classes, np.where(silent, SILENT, first))
    assert not claims.disagreements.any()
    assert said.root(0, 0) == b""
