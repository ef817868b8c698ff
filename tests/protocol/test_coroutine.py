"""Pieces of a function run when they are resumed, and never two at a time."""

import threading

import pytest

from robusttrain.protocol.coroutine import Coroutine

LONG = 60.0


def test_each_resume_runs_to_the_next_pause():
    seen = []

    def body():
        for piece in range(3):
            seen.append(piece)
            one.pause()

    one = Coroutine(body, "one", LONG)
    for done in range(3):
        assert seen == list(range(done))
        assert not one.ended
        one.resume()
    one.resume()
    assert (seen, one.ended, one.error) == ([0, 1, 2], True, None)


def test_two_that_are_resumed_in_turn_see_each_others_pieces_in_order():
    seen = []

    def body(name, own):
        for piece in range(100):
            seen.append((piece, name))
            own().pause()

    pair = []
    pair += [Coroutine(lambda n=n: body(n, lambda: pair[n]), str(n), LONG) for n in range(2)]
    for _ in range(100):
        for one in pair:
            one.resume()
    assert seen == [(piece, name) for piece in range(100) for name in range(2)]
    for one in pair:
        one.stop()


def test_what_the_body_raises_is_kept():
    error = ValueError("why")

    def body():
        raise error

    one = Coroutine(body, "one", LONG)
    one.resume()
    assert one.ended
    assert one.error is error


@pytest.mark.parametrize("resumed", [0, 1, 2])
def test_it_stops_where_it_paused_and_leaves_no_thread(resumed):
    before, cleaned = threading.active_count(), []

    def body():
        try:
            one.pause()
        finally:
            cleaned.append(True)

    one = Coroutine(body, "one", LONG)
    for _ in range(resumed):
        one.resume()
    one.stop()
    assert cleaned == [True] * (resumed > 0)
    assert one.error is None
    assert threading.active_count() == before


def test_one_that_never_pauses_is_an_error_and_not_a_hang():
    release = threading.Event()
    one = Coroutine(release.wait, "rank 7", 0.05)
    with pytest.raises(RuntimeError, match=r"rank 7 has not paused for 0.05 s of real time"):
        one.resume()
    with pytest.raises(RuntimeError, match="rank 7"):
        one.stop()
    release.set()
