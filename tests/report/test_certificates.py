"""A certificate's lines say what is exact, what is a bound, and what it costs."""

import pytest

from robusttrain.certificate.certificate import certify
from robusttrain.redundancy.assignment.cyclic import Cyclic
from robusttrain.redundancy.assignment.mols import Mols
from robusttrain.redundancy.assignment.repetition import Repetition
from robusttrain.redundancy.assignment.subset import Subset
from robusttrain.report.certificates import certificate_lines


def text(assignment, workers: int, byzantine: int, random: int = 0, **limits) -> str:
    return "\n".join(certificate_lines(certify(assignment, workers, byzantine, **limits), random))


def test_an_exact_count_is_one_number_with_its_liars_and_tasks():
    lines = certificate_lines(certify(Subset(3), 15, 5))
    assert lines[0] == (
        "subset: 15 workers, 455 tasks, 3 copies of each, at most 91 tasks a worker; 5 may lie"
    )
    assert lines[1].startswith(
        "vote alone: 110 of 455 tasks (24.2%) forged at worst, by workers 0 1 2 3 4, tasks 0 1 2"
    )
    assert "0 1 2 3 4 5 6 7 and 52 more" in lines[2]
    assert lines[3].endswith("10 dropped; all liars are convicted in that step, whoever they are")


def test_a_bound_is_an_interval():
    certificate = certify(Mols(3), 24, 9, effort=100)
    low, high = certificate.undetected.count, certificate.undetected.ceiling
    assert low < high
    expected = f"vote and cover: between {low} and {high} (bound) of 64 tasks ({low / 64:.1%} to"
    assert expected in "\n".join(certificate_lines(certificate))


def test_even_votes_tie():
    assert "0 of 3 tasks (0.0%) forged at worst; 1 more tied and dropped" in text(
        Repetition(2), 6, 1
    )
    assert "tied" not in text(Repetition(3), 6, 1)


@pytest.mark.parametrize(
    ("assignment", "byzantine", "expected"),
    [
        (Cyclic(3), 0, "nobody to convict"),
        (Subset(3), 2, "all liars are convicted"),
        (Cyclic(3), 4, "some sets of liars may escape"),
    ],
)
def test_detection(assignment, byzantine, expected):
    assert expected in text(assignment, 15, byzantine)


def test_audit():
    assert "7 random tasks a step hits one after 6.9 steps" in text(Subset(3), 15, 5, random=7)
    assert "only an audit of tasks at random would" in text(Subset(3), 15, 5)
    assert "audit" not in text(Cyclic(3), 15, 2, random=4)
    with pytest.raises(ValueError, match=r"audit\.random=-1"):
        text(Cyclic(3), 15, 2, random=-1)


def test_cost_and_shared_tasks():
    subset, mols = text(Subset(3), 15, 3), text(Mols(3), 15, 3)
    assert "1365 gradients computed, 43.7 KB of digests, at most 455 gradients sent" in subset
    assert "two workers share 13 tasks" in subset
    assert "two share 0 to 1 tasks" in mols
    assert "2.5 MB of digests" in text(Subset(5), 20, 0)  # 15504 tasks x 5 x 32 bytes
