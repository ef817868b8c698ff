"""Fang on Krum: the row is selected, and one a little larger is not."""

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.fang_krum import FangKrum, Game
from robusttrain.values import shown


def krum(vectors, f):
    """The index that Krum selects and all scores, by the definition, in float64."""
    n = len(vectors)
    scores = []
    for i in range(n):
        others = [((vectors[i] - vectors[j]) ** 2).sum() for j in range(n) if j != i]
        scores.append(sum(sorted(others)[: max(n - f - 2, 1)]))
    return int(np.argmin(scores)), scores


def played(known, row, copies, f):
    """Krum on the honest vectors and copies of a row."""
    return krum(np.concatenate([known, np.repeat(row[None], copies, axis=0)]), f)


SIZES = [(12, 4, 4, 200), (20, 5, 5, 1000), (20, 5, 3, 50), (9, 1, 1, 30), (9, 2, 3, 30)]


@pytest.mark.parametrize(("n", "copies", "f", "d"), SIZES)
def test_the_game_is_krum(gradients, n, copies, f, d):
    known = gradients(n, d, seed=n)
    way = known.sum(dim=0).sign()
    game = Game.of(known, way, copies, f)
    answers = set()
    for scale in np.geomspace(1e-4, 3.0, 40):
        row = -scale * way.double().numpy()
        _, scores = played(known.double().numpy(), row, copies, f)
        answers.add(expected := scores[n] < min(scores[:n]))
        assert game.selects(float(scale)) == expected, scale
    assert answers == {True, False} or copies == 1


@pytest.mark.parametrize(("n", "copies", "f", "d"), [s for s in SIZES if s[1] > 1])
def test_krum_selects_the_row_but_none_a_little_larger(knowledge, gradients, n, copies, f, d):
    known = gradients(n, d, seed=n)
    row = FangKrum(f).forge(knowledge(known[:copies], known, forged=copies))[0].double().numpy()
    honest = known.double().numpy()
    assert played(honest, row, copies, f)[0] >= n
    assert played(honest, 1.0001 * row, copies, f)[0] < n
    assert np.array_equal(np.sign(row), -np.sign(honest.sum(axis=0)))
    assert np.ptp(np.abs(row)) == 0
    assert row @ honest.mean(axis=0) < 0


@pytest.mark.parametrize(("n", "copies", "f", "d"), [s for s in SIZES if s[1] == s[2]])
def test_the_search_starts_where_krum_cannot_select_the_row(gradients, n, copies, f, d):
    """The bound in the docstring, where as many lie as Krum assumes."""
    known = gradients(n, d, seed=n)
    honest = known.double().numpy()
    score = min(
        sum(sorted(((g - h) ** 2).sum() for h in honest if h is not g)[: n + copies - f - 2])
        for g in honest
    )
    total = n + copies
    top = (score / (total - 2 * f - 1)) ** 0.5 + np.linalg.norm(honest, axis=1).max()
    way = np.sign(honest.sum(axis=0))
    for scale in np.geomspace(1, 100, 20) * top / d**0.5:
        assert played(honest, -scale * way, copies, f)[0] < n
    assert Game.of(known, known.sum(dim=0).sign(), copies, f).largest() < top / d**0.5


def test_without_f_as_many_are_assumed_as_are_forged(knowledge, gradients):
    known = gradients(20, 100)
    open_f = FangKrum(None).forge(knowledge(known[:2], known, forged=5))
    assert torch.equal(open_f, FangKrum(5).forge(knowledge(known[:2], known, forged=5)))
    assert not torch.equal(open_f, FangKrum(3).forge(knowledge(known[:2], known, forged=5)))


def test_honest_are_those_that_nobody_lies_about(knowledge, gradients):
    known, spared = gradients(12, 50), np.arange(12) >= 3
    row = FangKrum(3).forge(knowledge(known[:1], known, spared=spared, forged=3))
    assert torch.equal(row, FangKrum(3).forge(knowledge(known[:1], known[3:], forged=3)))


@pytest.mark.parametrize(
    ("n", "copies", "f"), [(2, 0, 0), (2, 1, 0), (2, 40, 0), (3, 10, 30), (5, 1, 1)]
)
def test_any_number_of_liars_gets_a_finite_row(knowledge, gradients, n, copies, f):
    known = gradients(n, 40)
    row = FangKrum(f).forge(knowledge(known[:1], known, forged=copies))
    assert torch.isfinite(row).all()
    assert row.any()


@pytest.mark.parametrize("f", [-1, 1.5, "some", True])
def test_refuses_an_f_that_is_no_count(f):
    with pytest.raises(ValueError) as error:
        FangKrum(f)
    assert str(error.value) == (
        f"attack.f={shown(f)} must be a whole number >= 0; use Krum's own f, or null"
    )
