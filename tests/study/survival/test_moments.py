"""Moments at which a server is killed."""

from robusttrain.study.survival.moments import moments


def test_moments_are_spread_in_order_and_the_same_for_a_seed():
    at = moments(20, 120, seed=1, first=8)
    steps = [moment.step for moment in at]
    assert steps == sorted(set(steps))
    assert 8 <= steps[0] <= steps[-1] < 110
    assert at == moments(20, 120, seed=1, first=8) != moments(20, 120, seed=2, first=8)
    assert [moment.what for moment in at].count("writing") == 4
    assert at[10].what == "resuming"
    assert all(0 <= moment.part < 1 for moment in at)
