"""No detector convicts nobody."""

from robusttrain.defense.detector.none import NoDetector


def test_everyone_who_spoke_is_trusted(hear):
    verdict = NoDetector().inspect(hear([[0, 1, 2, 3]] * 2, [[0, 1, 0, -1], [0, 1, 2, -1]], 1))
    assert (dict(verdict.convicted), verdict.absent) == ({}, {3: "silent"})
    assert verdict.trusted.tolist() == [True, True, True, False]
    assert not verdict.overwhelmed
    assert (NoDetector.complete, NoDetector().concedes) == (False, "voted")
