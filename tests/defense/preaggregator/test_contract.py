"""What every pre-aggregator in configs/preaggregator must do, whatever it is sent."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import torch
from hostile import MIXTURES, NAN, PAYLOADS, mixed_rows
from omegaconf import OmegaConf
from support import component, members

from robusttrain.defense.aggregator.base import combine
from robusttrain.defense.aggregator.caf import Caf
from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.smea import Smea
from robusttrain.defense.preaggregator.base import Recurrent, mix
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.defense.streaming.memory import Memory

pytestmark = pytest.mark.usefixtures("compiled_loops")
STAGES = members("preaggregator")
RULES = [Median(), GeometricMedian(), Krum(1)]
N, D = 9, 6


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
    assert "pass" in kind.__doc__.lower()
    assert kind.__doc__.rstrip().splitlines()[-1].strip()
    given = {f.name for f in fields(kind) if f.repr}  # others are filled in by a run
    assert given == set(described[path.stem]) - {"_target_"}
    assert kind.__name__ == "".join(part.capitalize() for part in path.stem.split("_"))


@pytest.mark.parametrize("n", [1, 2, N, 64, 200])
def test_the_matrix_averages(stage, n):
    weights = matrix(stage, draw(n))
    assert (weights.shape, weights.dtype) == ((stage.rows_out(n), n), torch.float64)
    assert (weights >= 0).all()
    if stage.needs_origin:  # which takes the rest
        assert (weights.sum(dim=1) <= 1 + 1e-12).all()
    else:
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(weights)).double())


def test_the_same_generator_gives_the_same_matrix(stage):
    assert torch.equal(matrix(stage, draw()), matrix(stage, draw()))


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_calling_it_applies_the_matrix(stage, shift):
    vectors = draw() + shift
    out = stage(vectors, np.random.default_rng(4))
    torch.testing.assert_close(out, mix(matrix(stage, vectors, 4), vectors))
    assert torch.equal(stage(vectors), stage(vectors, np.random.default_rng(0)))
    out.fill_(0)
    assert torch.equal(vectors, draw() + shift)


def test_identical_vectors_stay_as_they_are(stage):
    if stage.repeats:
        for vector in (draw(1), torch.full((1, D), 1e-42), torch.zeros(1, D)):
            vectors = vector.expand(N, D)
            out, expected = stage(vectors), vectors[: stage.rows_out(N)]
            torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-43)


@pytest.mark.parametrize("f", range(4))
def test_no_more_vectors_are_far_than_announced(stage, f):
    """All others stay within the honest range, in which every honest vector lies."""
    for seed, scale in enumerate((1e3, 1e12, 1e30)):
        honest, lies = draw(N - f), scale * draw(f, seed=1)
        order = torch.randperm(N, generator=torch.Generator().manual_seed(seed))
        out = stage(torch.cat([honest, lies])[order], np.random.default_rng(seed))
        far = (out.norm(dim=1) > honest.norm(dim=1).max() * (1 + 1e-9)).sum()
        assert far <= stage.bad_out(N, f) <= stage.rows_out(N)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_hostile_vectors_leave_the_output_finite(stage, dtype):
    honest, lies = draw(N - 3, dtype=dtype), draw(3, seed=1, dtype=dtype)
    for name in (*PAYLOADS, *MIXTURES):
        vectors = torch.cat([honest, hostile_rows(name, lies)])
        out = stage(vectors)
        left = int(torch.isfinite(vectors).all(dim=1).sum())
        assert (out.shape, out.dtype) == ((stage.rows_out(left), D), dtype), name
        assert torch.isfinite(out).all(), name


def hostile_rows(name, lies):
    return PAYLOADS[name](lies) if name in PAYLOADS else mixed_rows(name, lies)


@pytest.mark.parametrize("name", MIXTURES)
def test_hostile_vectors_of_different_kinds_spoil_no_more_than_announced(stage, name):
    """All others stay within the honest range."""
    n, liars = 25, 5
    for dtype in (torch.float32, torch.float64):
        honest = draw(n - liars, dtype=dtype)
        vectors = torch.cat([mixed_rows(name, draw(liars, seed=1, dtype=dtype)), honest])
        out = stage(vectors, np.random.default_rng(1))
        kept = int(torch.isfinite(vectors).all(dim=1).sum())
        far = (out.norm(dim=1) > honest.norm(dim=1).max() * (1 + 1e-5)).sum()
        assert far <= stage.bad_out(kept, kept - (n - liars))


FAITHFUL = [GeometricMedian(), Krum(5), Caf(5), Smea(5)]


@pytest.mark.parametrize("rule", FAITHFUL, ids=lambda rule: rule.name)
def test_hostile_vectors_of_different_kinds_leave_a_robust_rule_bounded(rule):
    """Five of 25, so that the 17 vectors after a bucketing by twos hold 5 bad ones at most."""
    honest, lies = draw(20), draw(5, seed=1)
    failed = [
        (path.stem, name)
        for path in STAGES
        for name in MIXTURES
        if not combine(
            [torch.cat([mixed_rows(name, lies), honest])],
            rule,
            [load(path, **CROWDED.get(path.stem, {}))],
            remember=False,
        ).norm()
        <= 6 * honest.norm(dim=1).max()
    ]
    assert not failed


CROWDED = {"bucketing": {"buckets": 17}, "cosine_bucketing": {"size": 2}}


@pytest.mark.parametrize("position", ["alone", "before nnm", "after nnm"])
@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_hostile_vectors_in_a_stream_leave_a_robust_rule_bounded(path, position):
    """One liar, so that no more than a minority of the vectors that the rule sees are bad."""
    stage = load(path, **({"buckets": 6} if path.stem == "bucketing" else {}))
    stages = {"alone": [stage], "before nnm": [stage, Nnm()], "after nnm": [Nnm(1), stage]}
    if isinstance(stage, Nnm) and position != "alone":
        return
    honest, lies = draw(12, dtype=torch.float32), draw(1, seed=1).float()
    for name, payload in PAYLOADS.items():
        vectors = torch.cat([payload(lies).float(), honest])
        for rule in RULES[: 2 if position == "alone" else 1]:
            whole = combine([vectors], rule, stages[position], remember=False)
            assert whole.norm() <= 6 * honest.norm(dim=1).max(), name
            if path.stem in ("arc", "clipping") and name in ("zero", "denormal"):
                continue  # many are at one distance from the origin, and nnm has to choose
            blocks = vectors.split(4, dim=1)
            streamed = combine(blocks, rule, stages[position], remember=False)
            torch.testing.assert_close(streamed, whole, rtol=1e-4, atol=1e-4, msg=name)


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
        out = combine(vectors.split(4, dim=1), rule, stages, np.random.default_rng(5), False)
        torch.testing.assert_close(out, rule(by_hand), rtol=1e-6, atol=1e-6)


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


def test_arrays_and_lists_give_what_a_matrix_gives(stage):
    for dtype in (torch.float16, torch.float32, torch.float64):
        vectors = draw(dtype=dtype)
        expected = stage(vectors)
        assert torch.equal(stage(list(vectors)), expected)
        for same in (vectors.numpy(), list(vectors.numpy())):
            out = stage(same)
            assert isinstance(out, np.ndarray)
            assert out.dtype == vectors.numpy().dtype
            np.testing.assert_array_equal(out, expected.numpy())


def test_gradients_are_not_followed(stage):
    plain = draw(dtype=torch.float32)
    vectors = plain.clone().requires_grad_()
    for given in (vectors, list(vectors), vectors * 1.0):
        out = stage(given)
        assert not out.requires_grad
        assert torch.equal(out, stage(plain))
    whole = combine([vectors], Median(), [stage], remember=False)
    assert torch.equal(whole, combine([plain], Median(), [stage], remember=False))


def test_recurrent_ones_start_as_the_identity(stage):
    if isinstance(stage, Recurrent):
        assert torch.equal(stage(draw()), draw())
        assert torch.equal(torch.cat(list(stage.advance([draw()], False)), dim=1), draw())


@pytest.mark.parametrize("f", [-1, 1.5, "x", [], True])
def test_f_is_a_whole_number(stage, f):
    if hasattr(stage, "f"):
        vectors = draw()
        vectors[0] = NAN
        for data in (draw(), vectors):
            with pytest.raises(ValueError, match=r"needs a whole number f >= 0; got f=.*\.f$"):
                replace(stage, f=f)(data)
