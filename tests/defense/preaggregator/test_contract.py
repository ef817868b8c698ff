"""What every pre-aggregator in configs/preaggregator must do, whatever it is sent."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from support import component, members

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.preaggregator.base import Recurrent, mix
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.streaming.memory import Memory

pytestmark = pytest.mark.usefixtures("compiled_loops")
STAGES = members("preaggregator")
RULES = [Median(), GeometricMedian(), Krum(1)]
N, D = 9, 6
NAN, INF, HUGE = float("nan"), float("inf"), 3e38


@cache
def made(path, **more):
    return component(path, **more)


def load(path, **more):
    """The stage, with a memory of its own; Hydra is asked once."""
    stage = made(path, **more)
    return replace(stage, memory=Memory()) if hasattr(stage, "memory") else stage


@pytest.fixture(params=STAGES, ids=lambda path: path.stem)
def stage(request):
    return load(request.param)


def draw(n=N, d=D, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64).to(dtype)


def matrix(stage, vectors, seed=0):
    """M, about the origin where the stage wants that."""
    gram = vectors @ vectors.T if stage.needs_gram else None
    return stage.mixing(len(vectors), gram, np.random.default_rng(seed))


def test_there_are_stages():
    assert len(STAGES) >= 6


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_what_a_catalogue_needs_is_there(path):
    described = OmegaConf.load(path)
    assert list(described) == [path.stem]
    kind = type(load(path))
    assert kind.source
    assert kind.precondition
    assert "pass" in kind.__doc__
    assert kind.__doc__.rstrip().splitlines()[-1].strip()
    given = {f.name for f in fields(kind) if f.name != "memory"}
    assert given == set(described[path.stem]) - {"_target_"}
    assert kind.__name__ == "".join(part.capitalize() for part in path.stem.split("_"))


@pytest.mark.parametrize("n", [1, 2, N, 64, 200])
def test_the_matrix_averages(stage, n):
    found = matrix(stage, draw(n))
    assert (found.shape, found.dtype) == ((stage.rows_out(n), n), torch.float64)
    assert (found >= 0).all()
    if stage.needs_origin:  # which takes the rest
        assert (found.sum(dim=1) <= 1 + 1e-12).all()
    else:
        torch.testing.assert_close(found.sum(dim=1), torch.ones(len(found), dtype=torch.float64))


def test_the_same_generator_gives_the_same_matrix(stage):
    assert torch.equal(matrix(stage, draw()), matrix(stage, draw()))


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_calling_it_applies_the_matrix(stage, shift):
    vectors = draw() + shift
    found = stage(vectors, np.random.default_rng(4))
    torch.testing.assert_close(found, mix(matrix(stage, vectors, 4), vectors))
    assert torch.equal(stage(vectors), stage(vectors, np.random.default_rng(0)))
    found.fill_(0)
    assert torch.equal(vectors, draw() + shift)


def test_identical_vectors_stay_as_they_are(stage):
    if stage.repeats:
        for vector in (draw(1), torch.full((1, D), 1e-42), torch.zeros(1, D)):
            vectors = vector.expand(N, D)
            found, expected = stage(vectors), vectors[: stage.rows_out(N)]
            torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-43)


@pytest.mark.parametrize("scale", [1e3, 1e12, 1e30])
@pytest.mark.parametrize("f", range(4))
def test_no_more_vectors_are_far_than_announced(stage, f, scale):
    """All others stay within the honest range, in which every honest vector lies."""
    honest, lies = draw(N - f), scale * draw(f, seed=1)
    for seed in range(3):
        order = torch.randperm(N, generator=torch.Generator().manual_seed(seed))
        out = stage(torch.cat([honest, lies])[order], np.random.default_rng(seed))
        far = (out.norm(dim=1) > honest.norm(dim=1).max() * (1 + 1e-9)).sum()
        assert far <= stage.bad_out(N, f) <= stage.rows_out(N)


PAYLOADS = {
    "nan": lambda lies: torch.full_like(lies, NAN),
    "inf": lambda lies: torch.full_like(lies, -INF),
    "one nan": lambda lies: torch.where(torch.arange(D) == 2, NAN, lies),
    "huge": lambda lies: torch.full_like(lies, HUGE),
    "huge signs": lambda lies: lies.sign() * HUGE,
    "denormal": lambda lies: 1e-42 * lies,
    "zero": lambda lies: 0 * lies,
    "duplicate": lambda lies: 100 * lies[:1].expand_as(lies),
}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_vectors_leave_the_output_finite(stage, payload):
    for dtype in (torch.float32, torch.float64):
        lies = PAYLOADS[payload](draw(3, seed=1, dtype=dtype)).to(dtype)
        vectors = torch.cat([draw(N - 3, dtype=dtype), lies])
        out = stage(vectors)
        left = int(torch.isfinite(vectors).all(dim=1).sum())
        assert (out.shape, out.dtype) == ((stage.rows_out(left), D), dtype)
        assert torch.isfinite(out).all()


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("position", ["alone", "before nnm", "after nnm"])
def test_hostile_vectors_in_a_stream_leave_a_robust_rule_bounded(payload, position):
    """One liar, so that no more than a minority of the vectors that the rule sees are bad."""
    for path in STAGES:
        stage = load(path, **({"buckets": 6} if path.stem == "bucketing" else {}))
        stages = {"alone": [stage], "before nnm": [stage, Nnm()], "after nnm": [Nnm(1), stage]}
        honest, lies = draw(12, dtype=torch.float32), PAYLOADS[payload](draw(1, seed=1).float())
        vectors = torch.cat([lies.float(), honest])
        spread = honest.norm(dim=1).max()
        if isinstance(stage, Nnm) and position != "alone":
            continue
        for rule in RULES[: 2 if position == "alone" else 1]:
            whole = combine([vectors], rule, stages[position], remember=False)
            assert whole.norm() <= 6 * spread, path
            if path.stem in ("arc", "clipping") and payload in ("zero", "denormal"):
                continue  # many are at one distance from the origin, and nnm has to choose
            blocks = vectors.split(4, dim=1)
            streamed = combine(blocks, rule, stages[position], remember=False)
            torch.testing.assert_close(streamed, whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_composing_equals_applying_one_after_the_other(stage, rule):
    vectors = draw(20) + 2.0
    # What nnm puts out has equal distances, among which a second nnm would choose by rounding.
    for stages in (
        ([stage],) if isinstance(stage, Nnm) else ([stage], [stage, Nnm(2)], [Nnm(2), stage])
    ):
        rng = np.random.default_rng(5)
        by_hand = vectors
        for one in stages:
            by_hand = one(by_hand, rng)
        if len(by_hand) < 5:
            continue
        found = combine(vectors.split(4, dim=1), rule, stages, np.random.default_rng(5), False)
        torch.testing.assert_close(found, rule(by_hand), rtol=1e-6, atol=1e-6)


def test_shapes_and_types(stage):
    for d in (0, 1):
        assert stage(draw(d=d)).shape == (stage.rows_out(N), d)
    for dtype in (torch.float16, torch.bfloat16):
        out = stage(draw(dtype=dtype))
        assert out.dtype == dtype
        single = stage(draw(dtype=dtype).float())
        torch.testing.assert_close(out.float(), single, rtol=1e-2, atol=1e-2)
    strided = draw().T.contiguous().T
    torch.testing.assert_close(stage(strided), stage(draw()))
    kind = type(stage).__name__
    for bad in (torch.zeros(D), torch.zeros(0, D), torch.zeros(N, D, dtype=torch.int32)):
        with pytest.raises(ValueError, match=rf"{kind} takes .*\[n, d\]"):
            stage(bad)
    with pytest.raises(ValueError, match="none of the 9 vectors is finite"):
        stage(torch.full((N, D), NAN))


def test_recurrent_ones_start_as_the_identity(stage):
    if isinstance(stage, Recurrent):
        assert torch.equal(stage(draw()), draw())
        assert torch.equal(torch.cat(list(stage.advance([draw()], False)), dim=1), draw())
