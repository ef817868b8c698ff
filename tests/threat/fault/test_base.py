"""Hit: the bytes of a worker in a message of several."""

import torch


def test_own_bytes_are_the_rows_of_the_worker_in_order(hit):
    assert hit().own.tolist() == [0, 1, 4, 5]
    assert hit(worker=9).own.tolist() == [6, 7]
    assert hit(worker=8).own.tolist() == []
    assert hit(owners=None, worker=8).own.tolist() == list(range(8))


def test_other_bytes_take_their_place_in_a_copy(hit):
    struck = hit()
    changed = struck.with_own(torch.tensor([9, 9, 8, 8], dtype=torch.uint8))
    assert changed.payload.tolist() == [9, 9, 2, 3, 8, 8, 6, 7]
    assert struck.message.payload.tolist() == list(range(8))
    assert (changed.kind, changed.step) == (struck.message.kind, 4)
