"""ROP: relocated, and perpendicular to where training goes."""

import math

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.alie import published_z
from robusttrain.threat.attack.rop import Rop


def oracle(mean, last, z, pull, blend, angle):
    """The formulas of specs/rules-and-attacks.md, section 5, in float64."""
    c = np.zeros_like(mean) if last is None else last
    c_ref = mean if last is None else last
    place = pull * c + (1 - pull) * mean
    u = blend * c_ref + (1 - blend) * mean
    ones = np.ones_like(mean)
    p = ones - (ones @ u) / (u @ u) * u
    p /= np.linalg.norm(p)
    theta = math.radians(angle)
    delta = math.sin(theta) * p + math.cos(theta) * u / np.linalg.norm(u)
    return place + z * delta / np.linalg.norm(delta)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("pull", "blend", "angle"), [(1.0, 0.9, 270.0), (0.0, 0.5, 90.0), (0.7, 0.0, 200.0)]
)
def test_rows_are_those_of_the_formulas(knowledge, gradients, first, pull, blend, angle):
    known, last = gradients(6, 400), gradients(1, 400, seed=9)[0]
    moved = None if first else 0.05 * last
    rows = Rop(2.0, pull, blend, angle, 0.05).forge(knowledge(known[:2], known, previous=moved))
    mean = known.double().mean(dim=0).numpy()
    expected = oracle(mean, None if first else last.double().numpy(), 2.0, pull, blend, angle)
    torch.testing.assert_close(rows[0].double(), torch.tensor(expected), rtol=1e-5, atol=1e-5)
    assert torch.equal(rows[0], rows[1])


def test_the_published_step_is_z_long_and_at_a_right_angle_to_the_last_aggregate(
    knowledge, gradients
):
    known, last = gradients(6, 400), gradients(1, 400, seed=9)[0].double()
    row = Rop(None, 1.0, 1.0, 270.0, 0.1).forge(knowledge(known[:1], known, previous=0.1 * last))[0]
    step = row.double() - last
    assert float(step.norm()) == pytest.approx(published_z(15, 3), rel=1e-4)
    assert abs(float(step @ last) / float(step.norm() * last.norm())) < 1e-5
    assert float(step.sum()) < 0


def test_without_the_learning_rate_the_last_aggregate_is_as_long_as_the_mean(knowledge, gradients):
    known, last = gradients(6, 400), gradients(1, 400, seed=9)[0]
    mean = known.double().mean(dim=0)
    scaled = last.double() / last.double().norm() * mean.norm()
    expected = oracle(mean.numpy(), scaled.numpy(), 1.0, 1.0, 0.9, 270.0)
    for size in (1e-6, 1.0, 1e6):
        seen = knowledge(known[:1], known, previous=size * last)
        row = Rop(1.0, 1.0, 0.9, 270.0, None).forge(seen)[0]
        torch.testing.assert_close(row.double(), torch.tensor(expected), rtol=1e-5, atol=1e-5)


def test_a_step_that_was_skipped_is_like_the_first(knowledge, gradients):
    known, attack = gradients(6, 40), Rop(1.0, 1.0, 0.9, 270.0, None)
    still = attack.forge(knowledge(known[:1], known, previous=torch.zeros(40)))
    assert torch.equal(still, attack.forge(knowledge(known[:1], known)))


def drift(attack, knowledge, clip, rounds, noise, d=200, n=25, f=5):
    """The bias of centred clipping after `rounds` of estimating a fixed mean."""
    rng = np.random.default_rng(0)
    mean = rng.normal(size=d)
    mean /= np.linalg.norm(mean)
    centre, before = np.zeros(d), None
    for _ in range(rounds):
        rows = mean + noise / d**0.5 * rng.normal(size=(n - f, d))
        known = torch.tensor(rows)
        lies = attack.forge(knowledge(known[:f], known, previous=before, workers=n, byzantine=f))
        apart = np.concatenate([rows, lies.numpy()]) - centre
        norms = np.linalg.norm(apart, axis=1, keepdims=True)
        centre = centre + (apart * np.minimum(1, clip / norms)).mean(axis=0)
        before = torch.tensor(centre)
    return np.linalg.norm(centre - mean), centre @ mean / np.linalg.norm(centre)


def test_it_drifts_as_far_under_centred_clipping_as_derived(knowledge):
    """Section 5 (c): q N / sqrt(1 - q^2) with q = f z / (h tau), here .258; .259 was measured."""
    clip = 0.1
    bias, _ = drift(Rop(clip, 1.0, 0.9, 270.0, 1.0), knowledge, clip, rounds=800, noise=1.0)
    assert bias == pytest.approx(0.258, abs=0.03)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("pull", 1.5, "attack.pull=1.5 must be in 0..1; use 1"),
        ("blend", -0.1, "attack.blend=-0.1 must be in 0..1; use 0.9"),
        ("angle", math.nan, "attack.angle=nan must be a finite number; use 270"),
        ("z", math.inf, "attack.z=inf must be a finite number; use 1"),
        ("lr", 0.0, "attack.lr=0.0 must be > 0, or null; use optimizer.lr"),
    ],
)
def test_refusals(key, value, message):
    arguments = {"z": None, "pull": 1.0, "blend": 0.9, "angle": 270.0, "lr": None}
    Rop(**arguments)
    with pytest.raises(ValueError) as error:
        Rop(**arguments | {key: value})
    assert str(error.value) == message
