"""A load says nothing that it was not told."""

from robusttrain.study.predict.load import Load
from robusttrain.study.predict.work import Work


def test_nothing_is_sent_or_checked_unless_it_is_said():
    load = Load("plain", Work(5.0), 8.0, ranks=2, workers=4)
    amounts = (load.vectors, load.checks, load.told, load.referee, load.hashed, load.compared)
    assert amounts == (0,) * 6
    assert load.ruled == 0
    assert (load.rank_threads, load.server_threads, load.parts) == (1, 1, 1)
