from robusttrain.comm.link import Kind, Message
from robusttrain.threat.fault.replay import Replay


def test_the_old_message_comes_first(hit):
    old = Message(Kind.COMMIT, 3)
    struck = hit(before=old)
    assert Replay().strike(struck) == [old, struck.message]


def test_without_an_old_one_the_message_comes_twice(hit):
    struck = hit()
    assert Replay().strike(struck) == [struck.message] * 2
