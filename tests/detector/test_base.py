"""Who was not heard."""

import numpy as np

from robusttrain.core.types import NOT_HELD, SILENT, Claims, Plan
from robusttrain.detector.base import unheard


def test_only_holders_that_said_nothing_are_unheard():
    """0 spoke once, 1 never, 2 holds nothing."""
    classes = np.array([[0, SILENT], [SILENT, SILENT], [NOT_HELD, NOT_HELD]])
    plan = Plan(0, np.zeros((2, 1), int), np.zeros(2, int), classes != NOT_HELD)
    assert unheard(plan, Claims(classes)) == {1: "silent"}
