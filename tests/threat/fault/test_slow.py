import pytest

from robusttrain.threat.fault.slow import Slow


def test_the_message_follows_after_its_seconds(hit):
    struck = hit()
    assert Slow(2.5).strike(struck) == [struck.message]
    assert struck.process.done == [("sleep", 2.5)]
    assert not Slow().final


@pytest.mark.parametrize("seconds", [0, -1, 1e6])
def test_the_delay_has_bounds(seconds):
    with pytest.raises(ValueError, match=r"^seconds must be > 0 and < 1e6; use 1"):
        Slow(seconds)
