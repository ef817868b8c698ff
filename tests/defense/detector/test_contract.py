"""What every detector in configs/detector must do."""

from itertools import combinations

import numpy as np
import pytest
from support import component, members

WORKERS, LIARS = 9, 3
TEAMS = np.array(list(combinations(range(WORKERS), 3)))
TRUTH = np.zeros(TEAMS.shape, dtype=int)


@pytest.fixture(params=members("detector"), ids=lambda path: path.stem)
def detector(request):
    return component(request.param)


def test_nobody_is_convicted_where_all_agree(detector, hear):
    for step in range(3):
        verdict = detector.inspect(hear(TEAMS, TRUTH, LIARS, step=step))
        assert verdict.trusted.all()
        assert not verdict.overwhelmed
        assert verdict.note == ""


@pytest.mark.parametrize("liars", [[0], [4, 8], [1, 3, 7]])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_as_many_liars_as_assumed_convict_no_honest_worker(detector, liars, share, hear):
    for step in range(20):
        rng = np.random.default_rng(step)
        lies = np.isin(TEAMS, liars) & (rng.random(TEAMS.shape) < share)
        said = np.where(lies, rng.integers(1, 3, size=TEAMS.shape), 0)
        verdict = detector.inspect(hear(TEAMS, said, LIARS, step=step))
        assert set(verdict.convicted) <= set(liars)
        assert not verdict.absent
        assert not verdict.overwhelmed


def test_all_that_must_have_lied_are_convicted_if_the_detector_says_so(detector, hear):
    verdict = detector.inspect(hear(TEAMS, np.isin(TEAMS, [1, 3, 7]).astype(int), LIARS))
    if detector.concedes != "voted":
        assert sorted(verdict.convicted) == [1, 3, 7]


def test_the_silent_are_absent_not_convicted(detector, hear):
    verdict = detector.inspect(hear(TEAMS, np.where(TEAMS == 5, -1, 0), LIARS))
    assert list(verdict.absent) == [5]
    assert not verdict.convicted


def test_more_liars_than_assumed_do_not_stop_it(detector, hear):
    for actual in range(LIARS + 1, WORKERS + 1):
        verdict = detector.inspect(hear(TEAMS, (actual > TEAMS).astype(int), LIARS, step=actual))
        assert verdict.trusted.shape == (WORKERS,)


def test_claims_are_left_as_they_were(detector, hear):
    hearing = hear(TEAMS, np.isin(TEAMS, [2, 4]).astype(int), LIARS)
    before = hearing.claims.classes.copy()
    first = detector.inspect(hearing)
    assert np.array_equal(hearing.claims.classes, before)
    assert detector.inspect(hearing).convicted == first.convicted
