"""Collecting: who is late; what is taken in: tests/protocol/test_intake.py."""

from intakes import ALL, collected, whole


def test_a_rank_is_late_if_nothing_of_all_its_workers_is_whole():
    """Rank 1 hosts workers 0 and 1, rank 2 worker 2."""
    assert collected(ALL, deadline=4.0)[1].late == []
    assert collected([*whole(2, 2, 1.0)], deadline=4.0)[1].late == [1]
    assert collected([*whole(2, 2, 1.0), *whole(0, 1, 1.0)], deadline=4.0)[1].late == []
    assert collected([*whole(0, 1, 1.0), *whole(1, 1, 1.0)], deadline=4.0)[1].late == [2]
