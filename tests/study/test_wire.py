"""Wire: whatever liars let go wrong with what they send, nobody else suffers."""

import pytest

from robusttrain.study.siege import setting
from robusttrain.study.wire import FAULTS, spoilt


@pytest.fixture(scope="module")
def made():
    return setting(workers=7, share=0.3, checkers=1, steps=60)


@pytest.mark.parametrize("name", FAULTS)
def test_liars_get_no_more_forged_vectors_in(made, name):
    run = spoilt(made, FAULTS[name], seed=2)
    assert (run.innocent, run.worst, run.passed) == (0, 0, 0)
    assert 0 < run.used <= 3 * run.steps
    if name == "sums held":
        assert run.liars == run.convicted.keys()
        assert run.seen > 0
    elif name == "claims of an earlier step":
        assert run.convicted.keys() <= run.liars  # whose rank is suspended, or caught
        assert run.seen > 0
    else:
        assert run.used == 3 * (run.steps - 1)  # the link is lost with the first claims
