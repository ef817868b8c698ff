"""Intake: what counts, what is waited for, and until when."""

import pytest
import torch
from intakes import ALL, SAID, block, claims, collected, whole

from robusttrain.comm.credit import Credit
from robusttrain.comm.link import Kind, Message
from robusttrain.comm.pace import SLACK


def test_blocks_of_all_make_sums_and_their_fingerprints():
    intake, hub = collected(ALL)
    assert intake.whole == [0, 1, 2]
    assert intake.rows[1].tolist() == [1.0, 2.0, 1.0]
    assert intake.fingerprints.fingerprints().keys() == {0, 1, 2}
    assert (hub.now, hub.dropped) == (3.0, {})


def test_a_message_may_hold_several_whole_blocks():
    """Fingerprints are those of the blocks, however they came."""
    both = Message(Kind.SUM, 5, 0, 0, torch.tensor([1.0, 2.0, 1.0]).view(torch.uint8))
    intake, hub = collected([(0.5, 1, both), *ALL[2:]])
    assert (intake.rows[0].tolist(), intake.whole, hub.dropped) == ([1.0, 2.0, 1.0], [0, 1, 2], {})
    made = intake.fingerprints.fingerprints()
    assert made[0] == made[1]


@pytest.mark.parametrize(("certain", "end"), [(True, 3 * 2.0 + SLACK), (False, 100.0)])
def test_after_the_majority_the_others_have_three_times_as_long(certain, end):
    intake, hub = collected(ALL[:-1], certain=certain)
    assert (intake.whole, hub.now, hub.dropped) == ([0, 2], end, {})


def test_the_deadline_of_the_hub_is_never_exceeded():
    assert collected(ALL[:-1], deadline=4.0)[1].now == 4.0
    assert collected(ALL[:2], deadline=4.0)[1].now == 4.0


def test_what_belongs_to_an_earlier_step_is_thrown_away():
    old = [(0.5, 1, block(0, i, step=4, values=(9.0, 9.0))) for i in range(2)]
    intake, hub = collected([*old, *ALL])
    assert (intake.rows[0].tolist(), hub.dropped) == ([1.0, 2.0, 1.0], {})


def test_a_sum_that_nobody_wants_is_thrown_away_and_not_waited_for():
    intake, hub = collected(ALL, workers=(0, 2))
    assert (intake.whole, hub.now) == ([0, 2], 2.0)


def test_without_its_claims_a_sum_is_not_whole_and_zeros_are_none():
    due = {0: (1,), 1: (2,), 2: (0,)}
    said = [(0.1, 1, claims(bytes(32) + SAID)), (0.2, 2, claims(SAID))]
    intake, hub = collected([*said, *ALL], due)
    assert intake.claims == {1: {2: SAID}, 2: {0: SAID}}
    assert (intake.whole, hub.dropped) == ([1, 2], {})


def test_who_has_claimed_nothing_is_not_waited_for():
    due = {0: (1,)}
    intake, hub = collected([(0.1, 1, claims(bytes(32))), *ALL[2:]], due)
    assert (intake.whole, hub.now) == ([1, 2], 3.0)


@pytest.mark.parametrize(
    "message",
    [
        block(0, 0), block(1, 7), block(2, 0), block(1, -1), block(1, 0, step=6),
        Message(Kind.ROWS, 5), Message(Kind.SUM, 5, 1, 0, torch.zeros(3, dtype=torch.uint8)),
        Message(Kind.SUM, 5, 1, 0), Message(Kind.SUM, 5, 1, 0, torch.ones(1).view(torch.uint8)),
        Message(Kind.SUM, 5, 1, 0, torch.ones(4).view(torch.uint8)),
        Message(Kind.SUM, 5, 1, 1, torch.ones(3).view(torch.uint8)),
        Message(Kind.SUM, 5, 0, 0, torch.ones(3).view(torch.uint8)),
    ],
)  # fmt: skip
def test_whoever_sends_what_is_not_due_is_dropped(message):
    intake, hub = collected([*whole(0, 1, 1.0), (1.5, 1, message), *whole(2, 2, 2.0)])
    assert set(hub.dropped) == {1}
    assert (intake.whole, hub.now) == ([0, 2], 2.0)


def test_waiting_is_charged_to_the_missing_once_the_majority_has_had_its_time():
    """Rank 1 hosts two workers, twice as many as rank 2: 1.1 x 2 times the 2 s of the majority."""
    credit = Credit(0.0, 100.0)
    collected([*ALL[:-1], (6.0, 1, ALL[-1][2])], credit=credit)
    assert credit.held == {1: pytest.approx(6.0 - 4.4)}
    collected(ALL, credit=(unhurried := Credit(0.0, 100.0)))
    assert unhurried.held == {}


def test_who_has_no_credit_is_not_waited_for_and_counts_if_it_is_whole():
    def spent():
        credit = Credit(0.0, 10.0)
        credit.charge([1], 20.0)
        return credit

    intake, hub = collected(ALL, credit=spent())
    assert (intake.whole, hub.now) == ([0, 2], 2.0)
    early = [*whole(1, 1, 0.5), *ALL[:4]]
    assert collected(early, credit=spent())[0].whole == [0, 1, 2]


def test_waiting_ends_when_the_last_credit_ends():
    credit = Credit(0.0, 100.0)
    credit.charge([1], 99.56)
    intake, hub = collected(ALL[:-1], credit=credit)
    assert intake.whole == [0, 2]
    assert hub.now == pytest.approx(4.4 + (0.44 + 0.044) / 0.99)
