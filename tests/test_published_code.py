"""Holes of the published Aspis code outside of detection: each lets a lie through, here none does.

What it does is written out from its description; tests/detector has the holes of detection.
"""

import numpy as np
import pytest
from support import claims_of, plan_of

from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.defense import Defense
from robusttrain.defense.detector.cover import Cover
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.vote.majority import Majority
from robusttrain.redundancy.agreement.base import Commitments
from robusttrain.redundancy.agreement.digest import Digest
from robusttrain.types import DROPPED, Verdict

TEAM = np.array([[0, 1, 2]])


def published_equality(a: np.ndarray, b: np.ndarray, tolerance: float = 10) -> bool:
    return np.linalg.norm(a - b) <= tolerance * max(np.linalg.norm(a), np.linalg.norm(b))


@pytest.mark.parametrize("scale", [-100, -1, 0, 1.0001, 1e6])
def test_the_default_tolerance_of_ten_sees_no_difference_and_digests_see_all(scale):
    honest = np.random.default_rng(0).standard_normal(50).astype(np.float32)
    lie = (scale * honest).astype(np.float32)
    assert published_equality(honest, lie)

    rows = {0: lie, 1: honest, 2: honest}
    roots = {w: Digest().root(Digest().leaf(memoryview(r).cast("B"))) for w, r in rows.items()}
    said = {w: np.frombuffer(root, np.uint8)[None] for w, root in roots.items()}
    claims = Commitments.of(plan_of(TEAM), said, Digest.width).claims()
    assert claims.classes.tolist() == [[0, 1, 1]]
    assert np.argwhere(claims.disagreements).tolist() == [[0, 1], [0, 2], [1, 0], [2, 0]]


def boyer_moore(said: list[int]) -> int:
    """The candidate after one pass, not verified by a second."""
    candidate, count = said[0], 0
    for word in said:
        if count == 0:
            candidate = word
        count += 1 if word == candidate else -1
    return candidate


@pytest.mark.parametrize("said", [[0, 1, 2], [0, 1, 7]])
def test_an_unverified_vote_elects_who_speaks_last_and_ours_elects_nobody(said):
    assert boyer_moore(said) == said[-1]
    plan = plan_of(TEAM)
    sources = Majority().choose(claims_of(plan, np.array([said])), Verdict(3))
    assert sources.workers.tolist() == [DROPPED]


def test_the_plain_mean_persists_after_one_detection_and_ours_lasts_for_its_step():
    """q are found in one step; in the next others lie, unseen."""
    seen, unseen = Verdict(15, convicted={0: "", 1: "", 2: ""}), Verdict(15)
    buckets = 3
    for verdict in (seen, unseen):
        buckets = 1 if len(verdict.convicted) == 3 else buckets  # never set back
    assert buckets == 1  # a mean, with three liars about

    judge = Defense(3, 3, 0, True, Cover(False), Majority(), Pipeline(Median()))
    assert [judge.chosen(verdict).rule for verdict in (seen, unseen)] == [Mean(), Median()]
