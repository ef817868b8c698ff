"""Recomputed at a trusted rank while it is there, at the server when it is not."""

import numpy as np
import pytest
import torch
from support import plan_of

from robusttrain.comm.link import Kind
from robusttrain.protocol.audit import Auditor
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.types import NOBODY

WIDTH = 4
PLAN = plan_of([[0, 1, 2]] * 4, step=9)
TRUTH = np.arange(4 * WIDTH, dtype=np.uint8).reshape(4, WIDTH)  # the true root of each task
PARAMETERS = torch.ones(3)


def commitments() -> Commitments:
    """Task 0: all true. 1: slots 1 and 2 true. 2: slot 2 true, 0 silent. 3: nobody true."""
    roots = np.repeat(TRUTH[:, None], 3, axis=1)
    heard = np.ones((4, 3), dtype=bool)
    roots[1, 0] = roots[2, 1] = 77
    roots[3] = [[1] * 4, [1] * 4, [2] * 4]
    heard[2, 0] = False
    none = np.empty((0, WIDTH), np.uint8), np.empty(0, bool)
    return Commitments(PLAN, roots, heard, *none)


class Here:
    """The server's own recomputation; counts how often it is made and what it is asked."""

    def __init__(self) -> None:
        self.made, self.asked = 0, []

    def __call__(self) -> "Here":
        self.made += 1
        return self

    def roots(self, parameters, plan, tasks) -> bytes:
        assert parameters is PARAMETERS
        assert plan is PLAN
        self.asked.append(tasks.tolist())
        return TRUTH[tasks].tobytes()


class FakeHub:
    """Rank 2 answers audits; `loses` says at which message it dies: send, gather or never."""

    def __init__(self, loses: str = "never", truth: np.ndarray = TRUTH) -> None:
        self.present, self.loses, self.truth = {1: "workers", 2: "auditor"}, loses, truth
        self.sent, self.wanted = [], []

    def send(self, messages) -> None:
        self.sent += messages.items()
        if self.loses == "send":
            del self.present[2]

    def gather(self, wanted, sizes):
        self.wanted.append((wanted, sizes))
        if self.loses == "gather":
            del self.present[2]
        if 2 not in self.present:
            return {}
        tasks = self.sent[-1][1].bytes().view(np.int64)
        return {2: torch.from_numpy(self.truth[tasks].reshape(-1))}


def ask(rank: int, hub: FakeHub, *batches: list[int]) -> tuple[list[list[int]], Here, Auditor]:
    here = Here()
    auditor = Auditor(rank, here)
    truth = auditor.recompute(hub, commitments(), PARAMETERS)
    return [truth(np.array(tasks)).tolist() for tasks in batches], here, auditor


@pytest.mark.parametrize("rank", [0, 2])
def test_it_says_whose_class_the_truth_is_wherever_it_is_recomputed(rank):
    hub = FakeHub()
    (all_tasks, again), here, _ = ask(rank, hub, [0, 1, 2, 3], [3, 1])
    assert all_tasks == [0, 1, 2, NOBODY]
    assert again == [NOBODY, 1]
    assert here.asked == ([] if rank else [[0, 1, 2, 3], [3, 1]])
    assert len(hub.sent) == (2 if rank else 0)


def test_the_server_needs_no_data_of_its_own_while_a_rank_audits():
    assert ask(2, FakeHub(), [0])[1].made == 0
    assert ask(0, FakeHub())[1].made == 0
    assert ask(0, FakeHub(), [0])[1].made == 1


def test_every_request_has_a_label_of_its_own_and_the_right_size():
    hub = FakeHub()
    _, _, auditor = ask(2, hub, [2, 0, 1], [3], [3])
    assert [rank for rank, _ in hub.sent] == [2, 2, 2]
    for (_, asked), (wanted, sizes), tasks in zip(
        hub.sent, hub.wanted, ([2, 0, 1], [3], [3]), strict=True
    ):
        assert asked.kind == Kind.AUDIT
        assert wanted.kind == Kind.TRUTH
        assert asked.bytes().view(np.int64).tolist() == tasks
        assert sizes == {2: WIDTH * len(tasks)}
        assert (asked.step, asked.pull, asked.index) == (9, 0, wanted.index)
    assert [wanted.index for wanted, _ in hub.wanted] == [1, 2, 3]
    auditor.recompute(hub, commitments(), PARAMETERS)(np.array([0]))
    assert hub.wanted[-1][0].index == 4


@pytest.mark.parametrize("loses", ["send", "gather"])
def test_a_lost_rank_is_replaced_by_the_server_from_that_request_on(loses):
    hub = FakeHub(loses)
    (first, second), here, auditor = ask(2, hub, [1, 3], [2])
    assert (first, second) == ([1, NOBODY], [2])
    assert here.asked == [[1, 3], [2]]
    assert len(hub.sent) == 1
    assert auditor.recompute(hub, commitments(), PARAMETERS)(np.array([0])).tolist() == [0]
    assert len(hub.sent) == 1
