"""Workers are taken at their word."""

import numpy as np

from robusttrain.agreement.none import NoAgreement
from robusttrain.assignment.subset import Subset
from robusttrain.core.types import SILENT, Plan


def test_nothing_is_committed_to():
    nothing = NoAgreement()
    assert nothing.width == len(nothing.leaf(memoryview(b"x"))) == len(nothing.root(b"")) == 0


def test_all_who_answer_agree_and_a_missing_worker_is_silent():
    holders = Subset(3).holders(5)
    plan = Plan(0, np.zeros((10, 1), int), np.zeros(10, int), holders)
    empty = np.zeros((6, 0), dtype=np.uint8)
    claims = NoAgreement().claims(plan, dict.fromkeys([0, 1, 3, 4], empty))
    assert set(claims.classes[2]) == {SILENT, -1}
    assert (claims.classes[[0, 1, 3, 4]][holders[[0, 1, 3, 4]]] == 0).all()
    assert not claims.disagreements().any()
