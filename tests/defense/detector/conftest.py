"""Hearings for detectors, written as what was said: 0 the truth, 1, 2, ... lies, < 0 nothing."""

import numpy as np
import pytest
from support import hearing_of, plan_of, told


@pytest.fixture(scope="session")
def hear():
    """(teams [f, r], said [f, r], q, workers=None, step=0, evicted=()) -> Hearing."""

    def hearing(teams, said, byzantine, workers=None, step=0, evicted=()):
        plan = plan_of(teams, workers, step, evicted=evicted)
        return hearing_of(plan, said, byzantine, seed=step)

    return hearing


@pytest.fixture(scope="session")
def forge():
    """(teams [f, r], liars, target, workers=None) -> said [f, r]."""

    def forged(teams, liars, target, workers=None):
        return told(teams, int(teams.max()) + 1 if workers is None else workers, liars, target)

    return forged


@pytest.fixture(scope="session")
def sts15() -> np.ndarray:
    """Bose's triple system on Z_5 x Z_3: 15 workers, 35 tasks, every pair shares one."""
    blocks = [[(x, 0), (x, 1), (x, 2)] for x in range(5)]
    blocks += [
        [(x, i), (y, i), ((x + y) * 3 % 5, (i + 1) % 3)]
        for x in range(5)
        for y in range(x + 1, 5)
        for i in range(3)
    ]
    return np.sort([[3 * x + i for x, i in block] for block in blocks], axis=1)
