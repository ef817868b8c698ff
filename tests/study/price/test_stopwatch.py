"""A stopwatch keeps what came between its beginning and its end."""

from robusttrain.benchmark.phases import Phases
from robusttrain.study.price.stopwatch import Stopwatch


def test_what_was_before_the_beginning_does_not_count():
    watch = Stopwatch(Phases())
    watch.steps.append(7.0)
    watch.phases.count(watch.phases.bytes, "pull", 3)
    assert not watch.begun
    watch.begin()
    watch.steps.append(8.0)
    watch.phases.count(watch.phases.bytes, "pull", 5)
    watch.end()
    watch.steps.append(9.0)
    assert watch.begun
    assert watch.measured["steps"] == [8.0]
    assert watch.measured["bytes"] == {"pull": 5}
    assert set(watch.measured["phases"]) == {"other"}
