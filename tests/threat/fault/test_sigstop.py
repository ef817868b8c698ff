import pytest

from robusttrain.threat.fault.sigstop import Sigstop


@pytest.mark.parametrize(("seconds", "final"), [(None, True), (2.5, False)])
def test_the_message_follows_when_the_rank_goes_on(hit, seconds, final):
    struck, fault = hit(), Sigstop(seconds)
    assert fault.strike(struck) == [struck.message]
    assert struck.process.done == [("stop", seconds)]
    assert fault.final == final


def test_the_time_is_above_zero():
    with pytest.raises(
        ValueError, match=r"^seconds must be > 0 and < 1e6, or null for good; use 1"
    ):
        Sigstop(0)
