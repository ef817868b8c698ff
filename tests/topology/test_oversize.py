"""A frame that is longer than announced, over real ranks: the server lives, and names the rank."""

import pytest
from support import SMALL


@pytest.mark.ranks
def test_the_server_outlives_a_rank_whose_frames_are_too_long(train):
    fault = "{worker: 4, step: 1, phase: rows, do: oversize}"
    done = train(*SMALL, f"fault=[{fault}]", ranks=2)
    steps = [line for line in done.metrics if line["kind"] == "step"]
    assert done.code == 0, done.output
    assert done.summary["finished"]
    assert done.summary["false_convictions"] == []
    assert list(done.summary["lost_ranks"]) == ["2"]
    assert done.summary["lost_ranks"]["2"].startswith("broke the protocol: header [0, 0, 0")
    assert [step["absent"] for step in steps][-1] == [3, 4]
