"""Awaited: what waits for members asks them for; each kind is tested with what it waits for."""

from robusttrain.comm.awaited import Awaited
from robusttrain.comm.gathering import Gathering
from robusttrain.protocol.collecting import Coming
from robusttrain.protocol.row_stream import Coming as ComingRows


def test_all_that_is_waited_for_answers_alike():
    asked = {name for name in vars(Awaited) if not name.startswith("_")}
    assert asked == {"members", "uneven", "missing", "complete", "hear"}
    for kind in (Gathering, Coming, ComingRows):
        fields = {*dir(kind), *kind.__dataclass_fields__}
        assert asked <= fields
