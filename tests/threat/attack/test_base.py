"""What attacks share: inner products, distances, streams, and what is benign."""

import math

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.base import (
    COLUMNS,
    along,
    check_finite,
    check_whole,
    distances,
    gram,
)


@pytest.mark.parametrize("d", [1, 7, COLUMNS, 2 * COLUMNS + 5])
def test_inner_products_are_those_of_float64_across_any_number_of_columns(gradients, d):
    rows, centre, way = gradients(5, d), gradients(1, d, seed=1)[0], gradients(1, d, seed=2)[0]
    apart = (rows.double() - centre.double()).numpy()
    np.testing.assert_allclose(gram(rows, centre), apart @ apart.T, rtol=1e-12)
    np.testing.assert_allclose(along(rows, centre, way), apart @ way.double().numpy(), rtol=1e-9)


def test_distances_of_near_twins_far_from_the_origin_are_exact_when_centred(gradients):
    rows = 1e4 + gradients(4, 1000)
    rows[1] = rows[0]
    found = distances(gram(rows, rows.mean(dim=0)))
    exact = rows.double()[:, None] - rows.double()
    np.testing.assert_allclose(found, exact.square().sum(dim=2), rtol=1e-9, atol=1e-9)
    assert not found.diagonal().any()
    assert (found >= 0).all()


def test_huge_gradients_do_not_overflow(gradients):
    rows = 1e38 * gradients(3, 50).clamp(-3, 3)
    assert torch.isfinite(gram(rows, rows[0])).all()


def test_benign_are_the_spared_if_there_are_two(knowledge, gradients):
    known = gradients(4, 3)
    for spared, expected in (
        ([True, False, True, False], known[[0, 2]]),
        ([True] * 4, known),
        ([False, True, False, False], known),
        ([False] * 4, known),
    ):
        seen = knowledge(known[:1], known, spared=np.array(spared))
        assert torch.equal(seen.benign, expected)


def test_streams_are_named_by_seed_purpose_step_task_and_worker(knowledge, gradients):
    def draw(purpose="this", **changes):
        seen = knowledge(gradients(2, 3), **{"tasks": np.array([4, 9])} | changes)
        return [int(rng.integers(2**62)) for rng in seen.streams(purpose)]

    first, second = draw()
    assert draw(tasks=np.array([9, 4])) == [second, first]
    others = [draw("that"), draw(step=1), draw(seed=1), draw(worker=0), draw(worker=1)]
    assert len({n for pair in [[first, second], *others] for n in pair}) == 12
    assert draw(workers=4, forged=1, omniscient=False) == [first, second]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", True, None])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError) as error:
        check_finite("attack.x", value, use=2.5)
    assert str(error.value) == f"attack.x={value} must be a finite number; use 2.5"
    for fine in (0, -3, 1e300):
        check_finite("attack.x", fine, use=1)


@pytest.mark.parametrize("value", [1, -5, 2.0, "3", True, None])
def test_what_is_no_whole_number_or_too_small_is_refused(value):
    with pytest.raises(ValueError) as error:
        check_whole("attack.x", value, 2, use="7")
    assert str(error.value) == f"attack.x={value} must be a whole number >= 2; use 7"
    check_whole("attack.x", 2, 2, use="7")
