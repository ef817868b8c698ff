"""What every vote in configs/vote must do."""

import numpy as np
import pytest
from support import component, members

from robusttrain.assignment.subset import Subset
from robusttrain.core.types import DROPPED, NOT_HELD, SILENT, Claims, Plan, Verdict

WORKERS = 7
HOLDERS = Subset(3).holders(WORKERS)
TASKS = HOLDERS.shape[1]
PLAN = Plan(0, np.zeros((TASKS, 1), int), np.zeros(TASKS, int), HOLDERS)


@pytest.fixture(params=members("vote"), ids=lambda path: path.stem)
def vote(request):
    return component(request.param)


def test_where_all_agree_every_task_has_a_source_that_holds_it(vote):
    claims = Claims(np.where(HOLDERS, 0, NOT_HELD))
    sources = vote.choose(PLAN, claims, Verdict(WORKERS)).workers
    assert HOLDERS[sources, np.arange(TASKS)].all()


def test_only_trusted_workers_that_spoke_are_sources(vote):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        spoken = rng.choice([SILENT, 0, 0, 1], size=HOLDERS.shape)
        claims = Claims(np.where(HOLDERS, spoken, NOT_HELD))
        convicted, absent = rng.choice(WORKERS, size=2, replace=False).tolist()
        verdict = Verdict(WORKERS, convicted={convicted: "lied"}, absent={absent: "lost"})
        sources = vote.choose(PLAN, claims, verdict)
        kept = sources.kept
        assert (claims.classes[sources.workers[kept], kept] >= 0).all()
        assert not {convicted, absent} & set(sources.workers[kept].tolist())


def test_where_nobody_is_trusted_every_task_is_dropped(vote):
    claims = Claims(np.where(HOLDERS, 0, NOT_HELD))
    verdict = Verdict(WORKERS, absent=dict.fromkeys(range(WORKERS), "lost"))
    assert (vote.choose(PLAN, claims, verdict).workers == DROPPED).all()
