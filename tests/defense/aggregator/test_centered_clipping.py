"""Centered clipping against its definition, and what it remembers."""

import numpy as np
import pytest
import torch

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.centered_clipping import CenteredClipping


def naive(vectors, radius, steps, centre=None):
    point = np.zeros(vectors.shape[1]) if centre is None else centre
    for _ in range(steps):
        moves = vectors - point
        lengths = np.linalg.norm(moves, axis=1)
        factors = [min(1.0, radius / x) if x else 1.0 for x in lengths]
        point = point + (np.array(factors)[:, None] * moves).mean(axis=0)
    return point


@pytest.mark.parametrize(("radius", "steps"), [(0.5, 1), (1.0, 4), (100.0, 2)])
def test_equals_the_definition(cases, agrees, radius, steps):
    for _, _, vectors in cases:
        agrees(CenteredClipping(radius, steps), vectors, naive(vectors, radius, steps))


def test_the_centre_is_carried_on_and_can_be_saved():
    rng = np.random.default_rng(0)
    rule, centre = CenteredClipping(0.7, 2), None
    for step in range(4):
        vectors = rng.normal(size=(9, 20)) + 3
        centre = naive(vectors, 0.7, 2, centre)
        blocks = torch.from_numpy(vectors).split(7, dim=1)
        found = combine(blocks, rule)
        np.testing.assert_allclose(found.numpy(), centre, atol=1e-12)
        if step == 1:
            saved = rule.memory.state_dict()
            rule = CenteredClipping(0.7, 2)
            rule.memory.load_state_dict(saved)
    rule.memory.reset()
    np.testing.assert_allclose(combine(blocks, rule).numpy(), naive(vectors, 0.7, 2), atol=1e-12)


def test_a_plain_call_knows_nothing_and_leaves_nothing_unless_told():
    vectors = torch.randn(5, 8, generator=torch.Generator().manual_seed(0)) + 20
    rule = CenteredClipping(1.0)
    first = rule(vectors)
    assert torch.equal(rule(vectors), first)
    assert rule.memory.state_dict() == {}
    assert torch.equal(rule(vectors, remember=True), first)
    assert not torch.equal(rule(vectors, remember=True), first)
    assert torch.equal(rule(vectors), first)


def test_a_failed_stream_changes_no_memory():
    vectors = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    rule = CenteredClipping(1.0)
    combine([vectors], rule)
    before = rule.memory.state_dict()["centre"].clone()

    def broken():
        yield vectors[:, :4]
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError):
        combine(broken(), rule)
    assert torch.equal(rule.memory.state_dict()["centre"], before)


def test_no_step_is_longer_than_the_radius():
    vectors = torch.full((5, 4), 3e38)
    assert CenteredClipping(2.0)(vectors).norm() <= 2.0 + 1e-5
    assert CenteredClipping(2.0, 3)(vectors).norm() <= 6.0 + 1e-5


def test_another_model_is_refused():
    rule = CenteredClipping(1.0)
    combine([torch.ones(3, 4)], rule)
    with pytest.raises(ValueError, match=r"4 coordinates.*reset the memory"):
        combine([torch.ones(3, 6)], rule)


def test_rop_drifts_it_as_far_as_theory_says():
    """Bias q N / sqrt(1 - q^2), q = f z / (h tau), for an attack orthogonal to the centre at z."""
    n, f, d, noise, tau = 25, 5, 300, 1.0, 1.0
    rng = np.random.default_rng(0)
    mu = np.zeros(d)
    mu[0] = 1.0
    drift = np.zeros(d)
    drift[1] = 1.0
    rule, biases = CenteredClipping(tau), []
    for step in range(150):
        honest = rng.normal(size=(n - f, d))
        honest = mu + noise * honest / np.linalg.norm(honest, axis=1, keepdims=True)
        last = rule.memory.tensors.get("centre", torch.zeros(d)).numpy()
        rows = np.concatenate([honest, np.tile(last + tau * drift, (f, 1))])
        out = combine([torch.from_numpy(rows)], rule).numpy()
        if step > 60:
            biases.append(np.linalg.norm(out - honest.mean(axis=0)))
    q = f / (n - f)
    assert np.mean(biases) == pytest.approx(q * noise / np.sqrt(1 - q**2), rel=0.25)


@pytest.mark.parametrize("keys", [{"radius": 0.0}, {"radius": -1.0}, {"iterations": 0}])
def test_bad_parameters_are_refused(keys):
    with pytest.raises(ValueError, match=r"centered_clipping needs|iterations=0 must"):
        CenteredClipping(**keys)
