"""Numbers that say how a run is laid out, each refused by its name."""

import pytest

from robusttrain.config.runtime import Runtime

GOOD = {
    "ranks": 1, "device": "cpu", "backend": "gloo", "threads": 1, "block": 1, "deadline": 1,
    "wait": "auto",    "start": 0.5, "patience": 9, "port": 0,
}  # fmt: skip


def test_good_numbers_are_taken():
    assert Runtime(**GOOD).block == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("ranks", 0), ("threads", 2000), ("block", 1.0), ("deadline", 0), ("wait", "long"),
     ("start", 1e7),     ("patience", "x"), ("backend", "mpi"), ("port", -1), ("port", 70000)],
)  # fmt: skip
def test_bad_numbers_are_refused_by_name(key, value):
    with pytest.raises(ValueError, match=rf"^runtime\.{key}={value} must be"):
        Runtime(**{**GOOD, key: value})
