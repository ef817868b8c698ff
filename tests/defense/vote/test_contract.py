"""What every vote in configs/vote must do."""

import numpy as np
import pytest
from support import claims_of, component, members, plan_of

from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import DROPPED, SILENT, Verdict

WORKERS = 7
PLAN = plan_of(Subset(3).teams(WORKERS))
HONEST = claims_of(PLAN, 0)


@pytest.fixture(params=members("vote"), ids=lambda path: path.stem)
def vote(request):
    return component(request.param)


def test_where_all_agree_every_task_has_a_source_that_holds_it(vote):
    sources = vote.choose(HONEST, Verdict(WORKERS)).workers
    assert (PLAN.teams == sources[:, None]).any(axis=1).all()


def test_only_trusted_workers_that_spoke_are_sources(vote):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        said = rng.choice([SILENT, 0, 0, 1], size=PLAN.teams.shape)
        convicted, absent = rng.choice(WORKERS, size=2, replace=False).tolist()
        verdict = Verdict(WORKERS, convicted={convicted: "lied"}, absent={absent: "lost"})
        sources = vote.choose(claims_of(PLAN, said), verdict)
        kept = sources.kept
        slot = PLAN.teams[kept] == sources.workers[kept, None]
        assert (slot.sum(axis=1) == 1).all()
        assert (said[kept][slot] >= 0).all()
        assert not {convicted, absent} & set(sources.workers[kept].tolist())


def test_where_nobody_is_trusted_every_task_is_dropped(vote):
    verdict = Verdict(WORKERS, absent=dict.fromkeys(range(WORKERS), "lost"))
    assert (vote.choose(HONEST, verdict).workers == DROPPED).all()


def test_shadow_copies_are_never_pulled_and_do_not_count(vote):
    """Worker 4 is on probation and says what nobody else does."""
    teams = Subset(3).teams(4)
    plain = plan_of(teams, workers=5)
    shadowed = plan_of(teams, workers=5, shadows=[(4, 0), (4, 2)])
    said = [[0, 0, 1], [0, 1, 1], [0, SILENT, 1], [0, 0, 0]]
    expected = vote.choose(claims_of(plain, said), Verdict(5)).workers
    for words in ([1, 1], [2, 2], [0, SILENT]):
        found = vote.choose(claims_of(shadowed, said, words), Verdict(5)).workers
        assert np.array_equal(found, expected)
