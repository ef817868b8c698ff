"""A schedule that is known beforehand."""

from robusttrain.study.price.chosen import Exactly


def test_exactly_the_listed_steps_are_probed_convictions_or_not():
    schedule = Exactly({2, 5})
    assert [s for s in range(8) if schedule.share_of(s, [1])] == [2, 5]
    assert schedule.share_of(2) == 1
