"""Peak memory and clocks."""

import pytest
import torch

from robusttrain.benchmark import measure


def test_extra_memory_is_what_was_held_at_once():
    size = 10_000_000

    def run():
        torch.ones(size).mul_(2)  # freed before the next
        return torch.ones(2 * size)

    assert measure.extra_bytes(run, "cpu") == pytest.approx(8 * size, rel=0.2)


@pytest.mark.parametrize(("clock", "reading"), [("wall", "perf_counter"), ("cpu", "process_time")])
def test_seconds_are_those_of_the_clock_asked_for(monkeypatch, clock, reading):
    now = [5.0]
    other = {"perf_counter": "process_time", "process_time": "perf_counter"}[reading]
    monkeypatch.setattr(measure.time, reading, lambda: now[0])
    monkeypatch.setattr(measure.time, other, lambda: 0.0)

    def run():
        now[0] += 1.5

    assert measure.seconds(run, "cpu", clock) == 1.5
