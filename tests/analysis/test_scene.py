"""Scenes: what is drawn, what attacks send, and where the search goes."""

import pytest
import torch
from support import component, members

from robusttrain.analysis.scene import Scene, fitting
from robusttrain.threat.attack.alie import Alie

N, F, SIZE, LOUD = 25, 5, 1000, 4.0


def scene(noise: float = LOUD, seed: int = 0, n: int = N, f: int = F, size: int = SIZE) -> Scene:
    return Scene.draw(n, f, size, noise, seed)


@pytest.mark.parametrize("path", members("attack"), ids=lambda p: p.stem)
def test_every_attack_is_either_about_vectors_or_left_out_with_a_reason(path):
    fit, left = fitting({path.stem: component(path)}, scene(size=20))
    about_more = {"equivocate", "label_flip", "stale"}
    assert (path.stem in left) == (path.stem in about_more)
    assert set(fit) ^ set(left) == {path.stem}


def test_an_attack_that_must_know_more_than_there_is_is_left_out():
    _, left = fitting({"alie": Alie(z=None)}, scene(n=3, f=2, size=20))
    assert left == {"alie": "it needs 2 honest vectors; got 1"}


def test_scenes_are_as_described():
    drawn, quiet = scene(), scene(noise=1.0)
    assert drawn.honest.shape == (N - F, SIZE)
    assert drawn.own.shape == (F, SIZE)
    assert drawn.spread == pytest.approx(LOUD, rel=0.05)
    assert float(drawn.mean.norm()) == pytest.approx((1 + LOUD**2 / (N - F)) ** 0.5, rel=0.1)
    # mu and the noise's direction are shared: (4 v_quiet - v_loud) / 3 = mu for each vector.
    mu = (LOUD * quiet.honest - drawn.honest) / (LOUD - 1)
    assert mu.std(dim=0).max() < 1e-6
    assert float(mu[0].norm()) == pytest.approx(1, rel=1e-5)
    assert torch.equal(scene().honest, drawn.honest)
    assert not torch.equal(scene(seed=1).honest, drawn.honest)


def test_the_search_goes_out_in_unison_along_three_directions_and_scattered():
    drawn = scene()
    sent = [row.double() - drawn.mean for row in drawn.search()]
    apart = torch.cat([rows.norm(dim=1) for rows in sent if len(rows) == 1]) / drawn.spread
    expected = torch.tensor([2 ** (k / 2) for k in range(-8, 9)]).double()
    assert torch.allclose(apart.view(3, -1), expected.expand(3, -1), rtol=1e-4)
    for row in sent[: len(expected)]:
        assert torch.cosine_similarity(row[0], drawn.mean, dim=0) < -0.9999
    for rows, base in zip(sent[-2:], (2.0, 16.0), strict=True):
        sizes = rows.norm(dim=1) / drawn.spread
        assert torch.allclose(sizes, base ** torch.arange(1, F + 1).double(), rtol=1e-4)
        assert (rows[0] @ rows[1]).abs() < 0.3 * rows[0].norm() * rows[1].norm()
