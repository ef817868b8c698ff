"""Sums: which rule aggregates what is there, and what is said of the workers."""

import numpy as np
import pytest
import torch
from support import plan_of

from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.none import NoDetector
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.sums import SumsIn, settle_sums
from robusttrain.defense.vote.majority import Majority

PLAN = plan_of(np.array([[0], [0], [1], [2], [3], [4]]))
BLOCKS = [(0, 2), (2, 3)]
VALUES = (1.0, 2.0, 4.0, 8.0, 16.0)


def settle(rule, used=(0, 1, 2, 3, 4), known=0, assumed=2, convicted=None, mean=True):
    defense = Defense(assumed, assumed, 0, mean, NoDetector(), Majority(), Pipeline(rule))
    rows = {w: torch.full((3,), VALUES[w]) for w in used}
    absent = {w: "late" for w in range(5) if w not in used and w not in (convicted or {})}
    taken = SumsIn(PLAN, rows, convicted or {}, absent, known)
    return settle_sums(defense, taken, BLOCKS, np.random.default_rng(0))


def test_a_worker_counts_once_however_many_tasks_it_has():
    outcome = settle(Median())
    assert outcome.direction.tolist() == [4.0] * 3
    assert outcome.sources.workers.tolist() == [0, 0, 1, 2, 3, 4]


def test_who_is_left_out_is_dropped_and_absent():
    outcome = settle(Median(), used=(1, 2, 4), convicted={0: "lied"}, known=1)
    assert outcome.direction.tolist() == [4.0] * 3
    assert outcome.sources.workers.tolist() == [-1, -1, 1, 2, -1, 4]
    assert (outcome.verdict.convicted, outcome.verdict.absent) == ({0: "lied"}, {3: "late"})


@pytest.mark.parametrize(
    ("known", "mean", "middle", "overwhelmed"),
    [
        (1, True, True, False),
        (2, True, False, False),
        (2, False, True, False),
        (3, True, True, True),
    ],
)
def test_the_mean_is_taken_when_exactly_the_assumed_are_known(known, mean, middle, overwhelmed):
    outcome = settle(Median(), known=known, mean=mean)
    assert outcome.direction.tolist() == pytest.approx([4.0 if middle else sum(VALUES) / 5] * 3)
    assert outcome.verdict.overwhelmed == overwhelmed


def test_beyond_the_assumed_the_rule_assumes_as_many_as_it_can():
    """Three are known where two were assumed, so that the rule was told that none is left."""
    told = settle(TrimmedMean(f=0), known=3, convicted={5: "lied"})
    assert told.direction.tolist() == [4.0] * 3
    assert told.verdict.note.startswith("more workers are convicted than were assumed to lie")
    assert settle(TrimmedMean(f=0), known=3).verdict.note == ""
    fewer = settle(TrimmedMean(f=0), known=1, convicted={5: "lied"})
    assert fewer.direction.tolist() == pytest.approx([sum(VALUES) / 5] * 3)


def test_silence_does_not_make_the_rule_undefined():
    assert settle(TrimmedMean(f=2), used=(1, 2, 3)).direction.tolist() == [4.0] * 3
    assert not settle(Mean(), assumed=0).verdict.overwhelmed


def test_no_sum_is_no_direction():
    outcome = settle(Median(), used=())
    assert (outcome.direction, outcome.note) == (None, "no sum came")
