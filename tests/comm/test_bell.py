"""Bell: what is put down by a thread wakes the one that waits."""

import threading
import time

from robusttrain.comm.bell import Bell


def test_a_ring_wakes_who_waits_for_what_was_put_down():
    bell, found = Bell(), []

    def put():
        found.append(1)
        bell.ring()

    threading.Timer(0.05, put).start()
    start = time.monotonic()
    bell.wait(lambda: bool(found), 60)
    assert found
    assert time.monotonic() - start < 30


def test_nothing_comes_and_the_wait_ends():
    start = time.monotonic()
    Bell().wait(lambda: False, 0.05)
    assert time.monotonic() - start >= 0.05
