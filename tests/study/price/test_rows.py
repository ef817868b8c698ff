"""Rows of the price table: their passes, and exactly which steps are probed."""

import pytest

from robusttrain.study.price.rows import DEFAULT, row_of


def test_passes_are_those_of_the_scheme():
    passes = {name: row_of(name).passes for name in DEFAULT}
    assert passes == {
        "plain": 1, "ddp": 1, "none": 1, "digest": 3, "audit": 3, "unprobed": 1, "probe:1": 2,
        "probe:0.25": 1.25, "probe:0.1": 1.1, "probe:1x2": 3, "probe:0.1x2": 1.2,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["probe:1", "probe:0.5", "probe:0.25", "probe:0.1", "probe:0.33"])
@pytest.mark.parametrize("steps", [1, 10, 25])
def test_exactly_the_share_of_the_timed_steps_is_probed(name, steps):
    row = row_of(name)
    length = row.length(steps)
    probed = row.probed(length)
    assert len(probed) * row.every == length
    assert probed <= set(range(1, length + 1))


def test_step_0_and_unprobed_rows_are_never_probed():
    assert row_of("unprobed").probed(10) == set()
    assert all(0 not in row_of(name).probed(20) for name in DEFAULT)


@pytest.mark.parametrize(
    ("name", "message"),
    [("probes", "no such row; use plain"), ("probe:0.3", "1/2, 1/3"), ("probe:0", "1/2, 1/3"),
     ("probe:2", "1/2, 1/3"), ("probe:1x", "no such row")],
)  # fmt: skip
def test_other_rows_are_refused(name, message):
    with pytest.raises(ValueError, match=message):
        row_of(name)
