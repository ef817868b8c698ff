"""Row streams: any order of arrival gives the same blocks; what is under way is bounded."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from robusttrain.comm.link import Kind, Message
from robusttrain.comm.pace import Pace
from robusttrain.protocol import parcels
from robusttrain.protocol.means import Buckets
from robusttrain.protocol.parcels import Parcels
from robusttrain.protocol.row_checks import RowChecks
from robusttrain.protocol.row_stream import AHEAD, WINDOW, Stream, Streams
from robusttrain.redundancy.agreement.none import NoAgreement

CPU, POOL = torch.device("cpu"), ThreadPoolExecutor(2)
N, BLOCKS = 13, [(lo, min(lo + 4, 26)) for lo in range(0, 26, 4)]
ROWS = torch.randn(N, 26, generator=torch.Generator().manual_seed(1))
SOURCE = np.array([2, 1, 3, 1, 2, 3, 1, 1, 1, 2, 2, 3, 1])  # the rank of each row
PLAIN, BY_SOURCE = [[row] for row in range(N)], [np.flatnonzero(r == SOURCE) for r in (1, 2, 3)]
ACROSS = np.array_split(np.random.default_rng(4).permutation(N), 4)  # buckets over all ranks
ONE = [range(N)]  # no row can be added before the first, which rank 2 has
CASES = {"plain": PLAIN, "source": BY_SOURCE, "across": ACROSS, "one": ONE}


@pytest.fixture(autouse=True, scope="module")
def short():
    """Parcels of one row: rank 1 has more of a block than it is asked for at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcels, "PARCEL", 4)
        yield


class FakeHub:
    """Ranks that answer at once, in an order that `choose` gives: due ranks -> one of them."""

    deadline = 1.0

    def __init__(self, choose):
        self.present, self.choose, self.asked = [1, 2, 3], choose, {}
        self.heard, self.most, self.now = [], {}, 0.0

    def clock(self):
        return self.now

    def post(self, rank, message):
        assert (message.kind, message.step, message.pull) == (Kind.BLOCK, 9, 2)
        self.asked.setdefault(rank, deque()).append(message.index)

    def arrival(self, due, until):
        assert due, "it waits for nobody"
        for rank, (wanted, _) in due.items():
            assert (wanted.kind, wanted.index) == (Kind.ROWS, self.asked[rank][0])
        rank = self.choose(sorted(due))
        if rank is None:
            self.now = until
            return None
        stream = self.streams.of[rank]
        index = self.asked[rank].popleft()
        block, lo, hi = stream.parcels[index]
        data = ROWS[stream.places[lo:hi], slice(*BLOCKS[block])].contiguous()
        assert due[rank][1] == 4 * data.numel()
        self.heard.append((rank, block))
        return rank, data.view(-1).view(torch.uint8)

    def hush(self, ranks, kind, pace):
        self.present = [rank for rank in self.present if rank not in ranks]
        self.late = ranks, kind


def streams_of(parts, choose):
    """The server's streams, and the hub that they are on."""
    buckets = Buckets.averaging([np.array(part) for part in parts], N)
    order, of = np.argsort(buckets.turn, kind="stable"), {}
    for rank in (1, 2, 3):
        places = order[SOURCE[order] == rank]
        copies = np.stack([np.full(len(places), rank), places], axis=1)
        leaves = np.empty((len(places), len(BLOCKS), 0), np.uint8)
        of[rank] = Stream(copies, places, leaves, Parcels(BLOCKS, len(places)))
    hub = FakeHub(choose)
    checks = RowChecks(NoAgreement(), POOL)
    hub.streams = Streams(hub, Message(Kind.PULL, 9, 2), BLOCKS, buckets, checks, CPU, of,
                          Pace(0.0, 1.0))  # fmt: skip
    return hub.streams, hub


def blocks_of(streams):
    streams.open(0)
    for block in range(len(BLOCKS)):
        assert streams.receive(block) == []
        streams.open(block + 1)
        yield streams.whole(block)


def joined(parts, choose):
    streams, _ = streams_of(parts, choose)
    return torch.cat(list(blocks_of(streams)), dim=1)


@pytest.mark.parametrize("parts", CASES.values(), ids=CASES)
@settings(max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_the_blocks_are_the_same_bits_in_every_order_of_arrival(parts, seed):
    """Whoever is slow; also where rows of a bucket come from several ranks."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet([0.3] * 3)

    def choose(due):
        chances = weights[np.array(due) - 1] + 1e-9
        return int(rng.choice(due, p=chances / chances.sum()))

    assert torch.equal(joined(parts, choose), one_by_one(parts))


def one_by_one(parts):
    """The rows of each bucket added in ascending order, each times its weight in single."""
    means = []
    for part in parts:
        total = torch.zeros(ROWS.shape[1])
        for row in sorted(part):
            total += ROWS[row] * torch.tensor(1 / len(part))
        means.append(total)
    return torch.stack(means)


@pytest.mark.parametrize("slow", [1, 2, 3])
def test_who_is_slow_holds_up_nobody_until_they_are_so_many_blocks_ahead(slow):
    """All that the others may send before the slow rank's first parcel has been taken in."""
    streams, hub = streams_of(BY_SOURCE, lambda due: min(due, key=lambda rank: rank == slow))
    streams.open(0)
    streams.receive(0)
    others = [block for rank, block in hub.heard if rank != slow]
    assert sorted(set(others)) == list(range(AHEAD))
    first = [rank for rank, _ in hub.heard].index(slow)
    assert all(block < AHEAD for _, block in hub.heard)
    assert first == sum(len(Parcels(BLOCKS[:AHEAD], int((rank == SOURCE).sum())))
                        for rank in (1, 2, 3) if rank != slow)  # fmt: skip


@pytest.mark.parametrize("parts", CASES.values(), ids=CASES)
def test_few_parcels_of_a_rank_are_under_way(parts):
    """Asked for and not summed."""
    most = 0

    def choose(due):
        nonlocal most
        for rank, stream in hub.streams.of.items():
            most = max(most, len(hub.asked[rank]) + len(stream.waiting))
        return max(due)

    streams, hub = streams_of(parts, choose)
    for _ in blocks_of(streams):
        assert len(streams._means) <= AHEAD + 1
    assert most == WINDOW


@pytest.mark.parametrize("parts", CASES.values(), ids=CASES)
def test_at_the_deadline_those_are_lost_that_owe_and_not_those_that_wait_for_them(parts):
    """Rank 2 sends nothing; rank 1 is asked for no more while its rows wait for the first."""
    streams, hub = streams_of(parts, lambda due: next((r for r in due if r != 2), None))
    streams.open(0)
    assert streams.receive(0) == [2]
    assert hub.late == ([2], Kind.ROWS)
    assert hub.present == [1, 3]


def test_rows_are_named_in_the_order_of_all_that_are_pulled():
    """However they are sorted by their turns."""
    streams, _ = streams_of(ACROSS, min)
    next(blocks_of(streams))
    for rank, stream in streams.of.items():
        named = stream.flaws_of(0)
        assert [(worker, task) for worker, task, _ in named] == [
            (rank, row) for row in np.flatnonzero(rank == SOURCE)
        ]
