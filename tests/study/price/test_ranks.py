"""A rank of the price table: what is timed."""

from types import SimpleNamespace

from robusttrain.benchmark.phases import Phases
from robusttrain.study.price.ranks import train
from robusttrain.study.price.stopwatch import Stopwatch


def test_the_first_step_is_not_timed():
    seen = []
    watch = Stopwatch(Phases())
    loop = SimpleNamespace(step=seen.append, device=SimpleNamespace(type="cpu"))
    train(loop, SimpleNamespace(steps=4, planner=lambda step: step), watch)
    assert seen == [0, 1, 2, 3]
    assert len(watch.measured["steps"]) == 3
    assert watch.measured["cpu"] >= 0
