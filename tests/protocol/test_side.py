"""Side: both exchanges have one."""

import pytest

from robusttrain.protocol.answerer import Answerer
from robusttrain.protocol.prober import Prober
from robusttrain.protocol.side import Side


@pytest.mark.parametrize("kind", [Answerer, Prober])
def test_what_the_loop_calls_is_there(kind):
    asked = [name for name in vars(Side) if not name.startswith("_")]
    assert asked == ["replies", "expect", "forget"]
    assert all(callable(getattr(kind, name)) for name in asked)
