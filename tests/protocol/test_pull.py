"""Pulled rows over the in-process transport: whole, in order, and checked block by block."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from simulation import change, die, garble, late, lose, when
from support import plan_of

from robusttrain.comm.link import Kind, table
from robusttrain.comm.pace import Pace
from robusttrain.ops.layout import Layout
from robusttrain.protocol import parcels
from robusttrain.protocol.answers import Answers
from robusttrain.protocol.in_process import Network
from robusttrain.protocol.parcels import Parcels
from robusttrain.protocol.pull import Puller
from robusttrain.protocol.recompute import Recompute
from robusttrain.protocol.row_checks import RowChecks
from robusttrain.protocol.row_stream import AHEAD
from robusttrain.protocol.schedule import on_time
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.redundancy.agreement.none import NoAgreement
from robusttrain.threat.attack.zero import Zero
from robusttrain.types import DROPPED, NOT_FINITE, CommitmentBroken, Sources

CPU, POOL = torch.device("cpu"), ThreadPoolExecutor(3)
SIZE, BLOCK = 25, 4  # 7 blocks, the last of 1 coordinate
TEAMS = np.array([[0, 1, 2], [1, 2, 3], [0, 2, 3], [0, 1, 3]])
PLAN = plan_of(TEAMS, step=9)
HOSTING = {1: [0, 1], 2: [2], 3: [3]}
LAYOUT = Layout(("w",), (torch.Size([SIZE]),), BLOCK)
ROWS = torch.arange(4.0 * SIZE).view(4, SIZE).sin()


@pytest.fixture
def pull():
    """pull(sources, ...) -> the Puller's blocks, from ranks that hold ROWS, all honest."""
    networks = []

    def start(*sources, rows=ROWS, agreement=None, schedule=on_time, parts=None):
        """sources: lists of one worker a task, pulled one list after the other."""
        agreement = agreement or Digest()
        network = Network(CPU, schedule)
        networks.append(network)
        ranks = {rank: answers(hosted, rows, agreement) for rank, hosted in HOSTING.items()}
        for rank, held in ranks.items():
            network.start(rank, serve_rows(held))
        roots = {}
        for rank, held in ranks.items():
            width, place = agreement.width, 0
            data = np.frombuffer(held.commitments(PLAN), np.uint8)
            for worker in HOSTING[rank]:
                count = len(PLAN.held([worker]))
                roots[worker] = data[place : place + count * width].reshape(count, width)
                place += count * width
        said = Commitments.of(PLAN, roots, agreement.width)
        hub = network.hub(1 << 20, 5.0)
        checks = RowChecks(agreement, POOL)
        puller = Puller(hub, HOSTING, checks, LAYOUT.blocks, CPU, said.claims(), said,
                        Pace(hub.clock(), 5.0))  # fmt: skip
        start.puller = puller
        return hub, [puller.rows(Sources(np.array(one)), parts) for one in sources]

    yield start
    for network in networks:
        network.close()


def answers(hosted, rows, agreement) -> Answers:
    tasks = PLAN.held(hosted).tolist()
    index = {(w, t): tasks.index(t) for w in hosted for t in PLAN.held([w]).tolist()}
    recompute = Recompute(None, LAYOUT, agreement)
    return Answers(rows[tasks].clone(), len(tasks), index, hosted, recompute, Zero())


def serve_rows(held: Answers):
    """A worker rank that only answers pulls."""

    def body(link) -> None:
        while (message := link.receive(1 << 20)).kind != Kind.STOP:
            if message.kind == Kind.PULL:
                copies = message.bytes().view(np.int64).reshape(-1, 2)
                chosen, leaves = held.choose([(w, t) for w, t in copies.tolist()])
                cut = Parcels(LAYOUT.blocks, len(chosen))
                reply = message.reply(Kind.LEAVES, table(leaves))
            else:
                block, lo, hi = cut[message.index]
                rows = held.block(chosen[lo:hi], *LAYOUT.blocks[block])
                reply = message.reply(Kind.ROWS, rows.view(-1).view(torch.uint8))
            link.send(reply, 5)

    return body


@pytest.mark.parametrize("agreement", [Digest(), NoAgreement()])
@pytest.mark.parametrize("sources", [[0, 1, 2, 3], [2, 2, 2, 1], [1, DROPPED, 0, DROPPED]])
def test_blocks_are_those_of_the_kept_rows_in_the_order_of_tasks(pull, sources, agreement):
    _, (blocks,) = pull(sources, agreement=agreement)
    blocks = list(blocks)
    assert [block.shape[1] for block in blocks] == [4] * 6 + [1]
    assert torch.equal(torch.cat(blocks, dim=1), ROWS[Sources(np.array(sources)).kept])


def test_only_what_was_asked_for_comes_once(pull):
    """Ranks 1 and 3 are asked for one row each; a row of 7 blocks has 7 leaves."""
    hub, (blocks,) = pull([1, DROPPED, 3, DROPPED])
    assert len(list(blocks)) == 7
    per_row = 4 * SIZE + 7 * 32
    assert hub.received == 2 * (per_row + (7 + 1) * 48)


def test_at_most_so_many_blocks_are_asked_for_ahead(pull):
    asked = []

    def note(delivery):
        if delivery.message.kind == Kind.BLOCK:
            asked.append(delivery.message.index)
        return (delivery,)

    _, (blocks,) = pull([0, 1, 0, 0], schedule=note)
    for count, _ in enumerate(blocks, start=1):
        assert set(asked) <= set(range(count + AHEAD))
    assert asked == list(range(7))


def test_what_is_left_of_a_pull_that_was_given_up_is_thrown_away(pull):
    """The second pull wants other rows of the same rank; their blocks have the same sizes."""
    hub, (first, second) = pull([0, 1, DROPPED, DROPPED], [DROPPED, DROPPED, 0, 1])
    next(first)
    assert torch.equal(torch.cat(list(second), dim=1), ROWS[2:])
    assert hub.lost == {}


@pytest.mark.parametrize(
    ("kind", "says"),
    [(Kind.LEAVES, "sent leaves for task 0 that break its commitment"),
     (Kind.ROWS, "sent a block of task 0 that breaks its commitment")],
)  # fmt: skip
def test_a_copy_that_breaks_its_commitment_convicts_its_worker_alone(pull, kind, says):
    hub, (blocks,) = pull([2, 1, 2, 3], schedule=when(garble, rank=2, kind=kind))
    with pytest.raises(CommitmentBroken) as broken:
        list(blocks)
    assert (broken.value.liars, broken.value.absent) == ({2: says}, {})
    assert hub.lost == {}


@pytest.mark.parametrize("kind", [Kind.LEAVES, Kind.ROWS])
@pytest.mark.parametrize("action", [die, change(payload=table(b"short"))])
def test_the_workers_of_a_lost_rank_are_absent(pull, kind, action):
    hub, (blocks,) = pull([0, 1, 2, 3], schedule=when(action, rank=1, kind=kind))
    with pytest.raises(CommitmentBroken) as broken:
        list(blocks)
    assert (broken.value.liars, broken.value.absent) == ({}, {0: "lost", 1: "lost"})
    assert list(hub.lost) == [1]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", [0, SIZE - 1])
def test_a_row_that_is_not_finite_convicts_all_that_committed_to_it(pull, value, place):
    rows = ROWS.clone()
    rows[1, place] = value
    _, (blocks,) = pull([0, 2, 0, 0], rows=rows)
    with pytest.raises(CommitmentBroken) as broken:
        list(blocks)
    says = "sent a gradient of task 1 that is not finite"
    assert broken.value.liars == {1: says, 2: says, 3: says}


def test_rows_that_stand_for_a_gradient_that_is_not_finite_are_counted(pull):
    """Task 1's row does; task 2's is zero, as of a model that has converged, and does not."""
    rows = ROWS.clone()
    rows[1], rows[2] = NOT_FINITE, 0.0
    rows[0, 1:] = NOT_FINITE  # in its later blocks alone
    _, (blocks, later) = pull([0, 1, 2, 3], [0, DROPPED, 2, 3], rows=rows)
    list(blocks)
    assert pull.puller.not_finite == 1
    list(later)
    assert pull.puller.not_finite == 0


def test_without_commitments_the_sender_alone_is_convicted(pull):
    rows = ROWS.clone()
    rows[1, 0] = torch.nan
    _, (blocks,) = pull([0, 2, 0, 0], rows=rows, agreement=NoAgreement())
    with pytest.raises(CommitmentBroken) as broken:
        list(blocks)
    assert list(broken.value.liars) == [2]


MEANS = [np.array([0, 3]), np.array([2, 1])]  # rows of ranks 1 and 3, of 3 and 2


def test_means_are_of_the_rows_and_not_of_one_pull_alone(pull):
    """The first pull is given up; the second has other sources."""
    hub, (first, second) = pull([0, 1, 2, 3], [1, 2, 3, 0], parts=MEANS)
    next(first)
    expected = torch.stack([ROWS[[0, 3]].mean(dim=0), ROWS[[1, 2]].mean(dim=0)])
    torch.testing.assert_close(torch.cat(list(second), dim=1), expected)
    assert hub.lost == {}


@pytest.fixture
def two_rows(monkeypatch):
    """Parcels of two rows of a block."""
    monkeypatch.setattr(parcels, "PARCEL", 2 * BLOCK)


@pytest.mark.parametrize("parts", [None, MEANS])
@pytest.mark.parametrize("slow", [1, 2, 3])
def test_the_bits_do_not_depend_on_who_is_slow(pull, two_rows, parts, slow):
    """Each of its messages takes a second longer."""
    _, (blocks,) = pull([0, 1, 2, 3], parts=parts)
    expected = torch.cat(list(blocks), dim=1)
    _, (blocks,) = pull([0, 1, 2, 3], parts=parts, schedule=when(late(1.0), rank=slow))
    assert torch.equal(torch.cat(list(blocks), dim=1), expected)


def at(action, rank, index):
    """`action` for one parcel of a rank."""

    def schedule(delivery):
        message = delivery.message
        chosen = (delivery.rank, message.kind, message.index) == (rank, Kind.ROWS, index)
        return action(delivery) if chosen else (delivery,)

    return schedule


@pytest.mark.parametrize("parts", [None, MEANS])
def test_a_wrong_block_in_the_middle_convicts_when_it_is_its_turn(pull, two_rows, parts):
    """Rank 1 sends tasks 0, 1 and 3, the last alone: parcel 7 is of block 3. Three are good."""
    _, (blocks,) = pull([0, 1, 2, 1], parts=parts, schedule=at(garble, 1, 7))
    came = []
    with pytest.raises(CommitmentBroken) as broken:
        came.extend(blocks)
    assert len(came) == 3
    says = "sent a block of task 3 that breaks its commitment"
    assert (broken.value.liars, broken.value.absent) == ({1: says}, {})


@pytest.mark.parametrize("action", [die, lose, change(payload=table(b"short"))])
@pytest.mark.parametrize("parts", [None, MEANS])
def test_a_rank_that_is_lost_in_the_middle_is_absent(pull, two_rows, parts, action):
    """Also where the rows of others wait for its rows."""
    hub, (blocks,) = pull([0, 1, 2, 3], parts=parts, schedule=at(action, 1, 4))
    came = []
    with pytest.raises(CommitmentBroken) as broken:
        came.extend(blocks)
    assert len(came) == 4
    assert (broken.value.liars, broken.value.absent) == ({}, {0: "lost", 1: "lost"})
    assert list(hub.lost) == [1]
    if action is lose:
        assert hub.lost[1] in ("was late at ROWS", SKIPPED)


SKIPPED = "broke the protocol: ('ROWS', 9, 1, 5) of 32 bytes where ('ROWS', 9, 1, 4) of 32 was due"


def test_of_one_rank_all_liars_of_a_block_are_named_and_of_the_next_rank_none(pull):
    """As each worker's last bad task; and a block is judged when all of it is there."""
    rows = ROWS.clone()
    rows[:, 9] = torch.nan
    _, (blocks,) = pull([0, 1, 0, 3], rows=rows, agreement=NoAgreement())
    with pytest.raises(CommitmentBroken) as broken:
        list(blocks)
    says = "sent a gradient of task {} that is not finite"
    assert broken.value.liars == {0: says.format(2), 1: says.format(1)}
