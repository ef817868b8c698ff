"""Hearings for detectors, written as what was said: 0 the truth, 1, 2, ... lies, < 0 nothing."""

import numpy as np
import pytest

from robusttrain.types import NOBODY, SILENT, Claims, Hearing, Plan


def first(said: np.ndarray) -> np.ndarray:
    """The class of each slot: the first slot of the task that said the same."""
    same = said[:, :, None] == said[:, None, :]
    return np.where(said < 0, SILENT, same.argmax(axis=2))


def _hear(teams, said, byzantine, workers=None, step=0, evicted=()) -> Hearing:
    teams, said = np.asarray(teams), np.asarray(said)
    workers = int(teams.max()) + 1 if workers is None else workers
    samples, seeds = np.zeros((len(teams), 1), int), np.zeros(len(teams), int)
    plan = Plan(step, workers, samples, seeds, teams, evicted=frozenset(evicted))

    def recompute(tasks: np.ndarray) -> np.ndarray:
        truth = said[tasks] == 0
        return np.where(truth.any(axis=1), truth.argmax(axis=1), NOBODY)

    claims = Claims(plan, first(said))
    return Hearing(plan, claims, byzantine, recompute, np.random.default_rng(step))


def _forge(teams, liars, target, workers=None) -> np.ndarray:
    """What is said if `liars` tell one lie about each of their tasks that `targets` chooses."""
    workers = int(teams.max()) + 1 if workers is None else workers
    byzantine = np.isin(np.arange(workers), list(liars))
    return (byzantine[teams] & target.tasks(teams, byzantine)[:, None]).astype(int)


@pytest.fixture(scope="session")
def hear():
    """(teams [f, r], said [f, r], q, workers=None, step=0, evicted=()) -> Hearing."""
    return _hear


@pytest.fixture(scope="session")
def forge():
    """(teams [f, r], liars, targets, workers=None) -> said [f, r]."""
    return _forge


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
