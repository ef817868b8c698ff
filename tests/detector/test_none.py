"""No detector complete nobody."""

import numpy as np

from robusttrain.core.types import SILENT, Claims, Plan
from robusttrain.detector.none import NoDetector


def test_everyone_who_spoke_is_trusted():
    classes = np.array([[0, 0], [1, 1], [0, 2], [SILENT, SILENT]])
    plan = Plan(0, np.zeros((2, 1), int), np.zeros(2, int), np.ones((4, 2), dtype=bool))
    verdict = NoDetector().inspect(plan, Claims(classes))
    assert (dict(verdict.convicted), verdict.absent) == ({}, {3: "silent"})
    assert verdict.trusted.tolist() == [True, True, True, False]
    assert not verdict.overwhelmed
    assert not NoDetector.complete
