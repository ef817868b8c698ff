"""Convicted workers are out from the next step on, and those that prove clean come back."""

import numpy as np
import pytest
import torch
from support import claims_of, plan_of

from robusttrain.certificate.scheme import Scheme
from robusttrain.defense.defense import Outcome
from robusttrain.membership.eviction import Membership
from robusttrain.membership.planner import EVICTED, MEMBER, PROBATION
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.types import DROPPED, SILENT, Sources, Verdict

M, E, P = MEMBER, EVICTED, PROBATION
TEAMS = np.array([[0, 1, 2], [1, 2, 3], [0, 2, 3]])


class Feasible:
    """What the survivors would go on with: there must be `least` of them."""

    def __init__(self, least: int = 3, fallback: int = 0) -> None:
        self.least, self.fallback, self.asked = least, fallback, []

    def __call__(self, status: np.ndarray) -> Scheme:
        self.asked.append(status.tolist())
        members = tuple(np.flatnonzero(status == MEMBER).tolist())
        if len(members) < self.least:
            raise ValueError(f"{len(members)} are too few")
        kind = Repetition(3) if len(members) < self.fallback else Subset(3)
        return Scheme(kind, len(status), members, 0)


def club(evict: bool = True, clean_steps: int | None = None, feasible=None) -> Membership:
    return Membership(6, evict, clean_steps, feasible or Feasible())


def review(made: Membership, convicted=(), shadows=(), words=(), said=0, sources=None) -> list[str]:
    """A step in which `convicted` are, and shadow copies said `words`; True is 0."""
    plan = plan_of(TEAMS, 6, shadows=shadows)
    verdict = Verdict(6, convicted=dict.fromkeys(convicted, "lied"))
    believed = Sources(np.array(TEAMS[:, 0] if sources is None else sources))
    outcome = Outcome(verdict, believed, torch.zeros(1))
    return made.review(claims_of(plan, said, words), outcome)


def test_all_are_members_at_first():
    assert club().status.tolist() == [M] * 6
    assert club().status.dtype == np.uint8


def test_the_convicted_are_evicted_once():
    made = club()
    assert review(made, [4, 1]) == ["worker 1 evicted", "worker 4 evicted"]
    assert made.status.tolist() == [M, E, M, M, E, M]
    status = made.status
    assert review(made, [4, 1]) == []
    assert made.status is status
    assert review(made, [5]) == ["worker 5 evicted"]


def test_with_a_way_back_they_are_on_probation():
    made = club(clean_steps=2)
    assert review(made, [3]) == ["worker 3 evicted"]
    assert made.status.tolist() == [M, M, M, P, M, M]
    assert review(made, [3]) == []
    assert made.status.tolist() == [M, M, M, P, M, M]


def test_the_absent_are_not_evicted():
    made = club()
    outcome = Outcome(Verdict(6, absent={2: "lost"}), Sources(TEAMS[:, 0]), torch.zeros(1))
    assert made.review(claims_of(plan_of(TEAMS, 6), 0), outcome) == []
    assert made.status.tolist() == [M] * 6


def test_it_does_nothing_unless_told_to():
    made = club(evict=False)
    status = made.status
    assert review(made, [0, 1, 2]) == []
    assert made.status is status
    assert not status.any()
    assert made.feasible.asked == []


def test_a_status_is_replaced_and_never_changed():
    made = club(clean_steps=1)
    seen = [made.status]
    review(made, [5])
    seen.append(made.status)
    review(made, [4], shadows=[(5, 0)], words=[0])
    seen.append(made.status)
    assert [s.tolist() for s in seen] == [
        [M] * 6, [M, M, M, M, M, P], [M, M, M, M, P, M],
    ]  # fmt: skip
    assert len({id(s) for s in seen}) == 3


def test_whom_the_scheme_cannot_spare_stays_distrusted_and_is_named_once():
    made = club(feasible=Feasible(least=5))
    assert review(made, [0, 3]) == [
        "worker 0 evicted",
        "worker 3 cannot be evicted: 4 are too few",
    ]
    assert made.status.tolist() == [E, M, M, M, M, M]
    status = made.status
    for _ in range(3):
        assert review(made, [0, 3]) == []
    assert made.status is status


def test_a_change_of_scheme_is_told():
    made = club(feasible=Feasible(fallback=5))
    assert review(made, [0]) == ["worker 0 evicted"]
    (note,) = review(made, [2])
    assert note.startswith("worker 2 evicted, now Repetition(replication=3) on 4 workers")
    assert review(made, [5]) == ["worker 5 evicted"]


def probation(clean_steps: int = 3) -> Membership:
    made = club(clean_steps=clean_steps)
    review(made, [4])
    return made


CLEAN = {"shadows": [(4, 0), (4, 2)], "words": [0, 0]}
WRONG = {"shadows": [(4, 0), (4, 2)], "words": [0, 1]}


def test_after_enough_clean_steps_a_worker_is_back():
    made = probation(3)
    assert review(made, **CLEAN) == review(made, **CLEAN) == []
    assert made.status[4] == P
    assert review(made, **CLEAN) == ["worker 4 readmitted"]
    assert made.status.tolist() == [M] * 6


def test_one_wrong_shadow_starts_the_count_afresh():
    made = probation(2)
    for step in (CLEAN, WRONG, CLEAN):
        assert review(made, **step) == []
    assert made.status[4] == P
    assert review(made, **CLEAN) == ["worker 4 readmitted"]


@pytest.mark.parametrize("words", [[7, 7], [SILENT, SILENT], [0, SILENT], [0, 7], [7, 0]])
def test_a_shadow_that_is_silent_or_says_what_nobody_did_is_wrong(words):
    made = probation(2)
    review(made, **CLEAN)
    assert review(made, shadows=CLEAN["shadows"], words=words) == []
    assert review(made, **CLEAN) == []
    assert review(made, **CLEAN) == ["worker 4 readmitted"]


def test_shadows_are_compared_with_the_copy_that_was_believed():
    """Task 2 is said as 1 by 0, and as 5 by 2 and 3; it is pulled from 3, slot 2."""
    said = np.array([[0, 0, 0], [0, 0, 0], [1, 5, 5]])
    for word, back in ((5, True), (1, False)):
        made = probation(1)
        found = review(made, shadows=[(4, 2)], words=[word], said=said, sources=[0, 1, 3])
        assert (found == ["worker 4 readmitted"]) == back


def test_what_was_not_settled_counts_for_nothing():
    """A step in which all tasks of the shadows were dropped; or one of two, the other clean."""
    made = probation(2)
    review(made, **CLEAN)
    for words in ([0, 0], [1, 1], [SILENT, SILENT]):
        dropped = {"shadows": CLEAN["shadows"], "words": words, "sources": [DROPPED, 1, DROPPED]}
        assert review(made, **dropped) == []
        assert made.status[4] == P
    partly = {"shadows": CLEAN["shadows"], "words": [0, 1], "sources": [0, 1, DROPPED]}
    assert review(made, **partly) == ["worker 4 readmitted"]


def test_whoever_lies_again_is_out_again_and_starts_from_nothing():
    made = probation(2)
    review(made, **CLEAN)
    review(made, **CLEAN)
    assert made.status[4] == M
    assert review(made, [4]) == ["worker 4 evicted"]
    assert review(made, **CLEAN) == []
    assert review(made, **CLEAN) == ["worker 4 readmitted"]


def test_each_worker_on_probation_is_counted_for_itself():
    made = club(clean_steps=2)
    review(made, [4, 5])
    both = [(4, 0), (5, 0)]
    review(made, shadows=both, words=[0, 1])
    assert review(made, shadows=both, words=[0, 0]) == ["worker 4 readmitted"]
    assert review(made, shadows=[(5, 1)], words=[0]) == ["worker 5 readmitted"]


def test_shadows_readmit_nobody_where_there_is_no_way_back():
    made = club(clean_steps=None)
    review(made, [4])
    for _ in range(5):
        assert review(made, **CLEAN) == []
    assert made.status[4] == E
