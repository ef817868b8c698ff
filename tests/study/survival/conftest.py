"""Lines of metrics as a run with kills leaves them."""

import pytest


@pytest.fixture
def lines():
    """lines(silent by step, seconds={step: s}) -> steps of .1 s each."""

    def made(silent, seconds=()):
        seconds = dict(seconds)
        return [
            {"kind": "step", "step": step, "seconds": seconds.get(step, 0.1), "silent": workers}
            for step, workers in enumerate(silent)
        ]

    return made
