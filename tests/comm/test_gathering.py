"""Gathering: an answer of each of those asked that are there; the rest are missing."""

from robusttrain.comm.gathering import Gathering
from robusttrain.comm.link import Kind, Message

WANTED = Message(Kind.COMMIT, 5)


class FakeHub:
    def __init__(self, *arrivals):
        self.present, self.arrivals = [1, 2, 3], list(arrivals)

    def arrival(self, due, until):
        assert set(due.values()) == {(WANTED, 8)}
        self.asked = sorted(due)
        return self.arrivals.pop(0)


def test_each_is_asked_until_it_has_answered():
    hub = FakeHub((2, None), None, (1, None))
    gathering = Gathering(hub, WANTED, {1: 8, 2: 8, 4: 8})
    assert (gathering.members, gathering.missing()) == (3, [1, 2])  # 4 is not there
    assert [gathering.hear(1.0) for _ in range(3)] == [True, False, True]
    assert (hub.asked, gathering.missing(), gathering.complete()) == ([1], [], 2)
    assert gathering.payloads == {2: None, 1: None}
