"""Ranks: who hosts whom, and what the launcher's variables say."""

from robusttrain.comm.ranks import (
    beside,
    hosting,
    launched,
    local_rank,
    local_ranks,
    rank,
    worker_ranks,
)  # fmt: skip


def test_hosting_cuts_the_workers_in_order_into_nearly_equal_parts():
    assert hosting(15, 3) == {i + 1: list(range(5 * i, 5 * i + 5)) for i in range(3)}
    for workers in range(1, 9):
        for ranks in range(1, workers + 1):
            parts = hosting(workers, ranks)
            assert list(parts) == list(range(1, ranks + 1))
            assert [w for part in parts.values() for w in part] == list(range(workers))
            sizes = {len(part) for part in parts.values()}
            assert max(sizes) - min(sizes) <= 1
            assert min(sizes) >= 1


def test_the_rank_that_audits_hosts_nobody_and_the_others_share():
    assert hosting(5, 3, auditor=2) == {1: [0, 1, 2], 2: [], 3: [3, 4]}
    for workers in range(1, 9):
        for ranks in range(2, workers + 2):
            for auditor in range(1, ranks + 1):
                parts = hosting(workers, ranks, auditor)
                assert list(parts) == list(range(1, ranks + 1))
                assert parts.pop(auditor) == []
                plain = hosting(workers, ranks - 1)
                assert list(parts.values()) == list(plain.values())


def test_a_rank_is_what_the_launchers_variables_say(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert not launched()
    assert (rank(), local_rank(), local_ranks()) == (0, 0, 0)
    for name, value in (("RANK", "5"), ("LOCAL_RANK", "1"), ("LOCAL_WORLD_SIZE", "4")):
        monkeypatch.setenv(name, value)
    assert not launched()
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert launched()
    assert (rank(), local_rank(), local_ranks()) == (5, 1, 4)
    assert worker_ranks() == 7


def test_only_ranks_of_the_first_machine_are_beside_the_server(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    for group, near in (("0", [True, False]), ("1", [False, False]), (None, [False, False])):
        monkeypatch.delenv("GROUP_RANK", raising=False)
        if group is not None:
            monkeypatch.setenv("GROUP_RANK", group)
        assert [beside(3), beside(4)] == near
