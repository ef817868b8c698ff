"""What every rule in configs/aggregator must do, whatever it is sent."""

from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache

import numpy as np
import pytest
import torch
from hostile import INF, MIXTURES, NAN, PAYLOADS, mixed_rows
from omegaconf import OmegaConf
from support import component, members

from robusttrain.defense.aggregator import fl_trust
from robusttrain.defense.aggregator.base import CoordinateRule, GramRule, combine
from robusttrain.defense.preaggregator.base import centred_gram
from robusttrain.defense.streaming.memory import Memory

pytestmark = pytest.mark.usefixtures("compiled_loops")
RULES = members("aggregator")
N, D, F = 11, 24, 2
DTYPES = [torch.float32, torch.float64]
HALVES = [torch.float16, torch.bfloat16]


# Of values that half precision holds.
ROOT = torch.randn(5000, generator=torch.Generator().manual_seed(9)).bfloat16().half().double()


@dataclass(frozen=True)
class FlTrust(fl_trust.FlTrust):
    __doc__ = fl_trust.FlTrust.__doc__

    needs_root = False
    name = "fl_trust"

    def aggregate(self, vectors):
        """On a root that it has already."""
        blocks = list(vectors.blocks)
        root = ROOT[: sum(block.shape[1] for block in blocks)].to(blocks[0])
        return super().aggregate(replace(vectors, blocks=iter(blocks), root=root))


@cache
def made(path, f):
    described = OmegaConf.load(path)
    if path.stem == "fl_trust":
        return FlTrust()
    given = {"f": f, "trusted_worker": 0}
    return component(path, **{k: v for k, v in given.items() if described.get(k, v) is None})


def load(path, f=F):
    """The rule, with a memory of its own; Hydra is asked once."""
    rule = made(path, f)
    return replace(rule, memory=Memory()) if hasattr(rule, "memory") else rule


@pytest.fixture(params=RULES, ids=lambda path: path.stem)
def rule(request):
    return load(request.param)


def draw(n=N, d=D, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64).to(dtype)


def close(out, expected, tolerance=1e-5):
    torch.testing.assert_close(out, expected, rtol=tolerance, atol=tolerance)


def allowed(rule, n):
    try:
        rule.check(n)
    except ValueError:
        return False
    return True


def bound(rule, honest):
    """(centre, radius) of the ball that the docstring promises with tolerated liars."""
    middle = honest.double().mean(dim=0)
    spread = (honest - middle).norm(dim=1).max()
    origin, longest = torch.zeros_like(middle), honest.double().norm(dim=1).max()
    special = {
        "centered_clipping": lambda: (origin, rule.radius * rule.iterations),
        "sequential_centered_clipping": lambda: (origin, rule.radius * -(-N // rule.size)),
        "sign_majority": lambda: (origin, D**0.5),
        "cge": lambda: (origin, longest),
        "fl_trust": lambda: (origin, ROOT[:D].norm()),
        "sign_guard": lambda: (origin, longest),
        "flame": lambda: (origin, longest * (1 + 2 * rule.strength * D**0.5)),
        "rfa": lambda: (origin, 12 * longest),
    }
    return special.get(rule.name, lambda: (middle, 12 * spread))()


def test_there_are_rules():
    assert len(RULES) >= 27


def test_what_a_catalogue_needs_is_there(rule):
    kind = type(rule)
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert kind.__doc__.count("\n") >= 1 or rule.name == "mean"
    assert rule.kind in {"coordinate", "gram", "selection", "whole", "pool"}
    assert rule.source
    assert rule.source == "-" or rule.source[-6:][1:5].isdigit()
    assert rule.precondition
    assert rule.breakdown
    assert "pass" in kind.__doc__.lower()
    assert rule.instead in {path.stem for path in RULES}
    given = [f for f in fields(kind) if f.name != "memory"]
    assert {f.name for f in given} == set(OmegaConf.load(member(rule))) - {"_target_"}
    assert kind.__name__ == "".join(part.capitalize() for part in rule.name.split("_"))


def member(rule):
    return next(path for path in RULES if path.stem == rule.name)


def test_shape_and_dtype_are_kept_and_the_input_is_left(rule):
    for dtype in DTYPES:
        vectors = draw(dtype=dtype)
        before = vectors.clone()
        out = rule(vectors)
        assert (out.shape, out.dtype) == ((D,), dtype)
        assert torch.isfinite(out).all()
        out.fill_(0)
        assert torch.equal(vectors, before)


def test_arrays_and_lists_give_what_a_matrix_gives(rule):
    for dtype in (torch.float16, *DTYPES):
        vectors = draw(dtype=dtype)
        expected = rule(vectors)
        for same in (list(vectors), tuple(vectors)):
            assert torch.equal(rule(same), expected)
        for same in (vectors.numpy(), list(vectors.numpy()), tuple(vectors.numpy())):
            out = rule(same)
            assert isinstance(out, np.ndarray)
            assert out.dtype == vectors.numpy().dtype
            np.testing.assert_array_equal(out, expected.numpy())


def test_gradients_are_not_followed(rule):
    plain = draw(dtype=torch.float32)
    vectors = plain.clone().requires_grad_()
    for given in (vectors, list(vectors), vectors * 1.0):
        out = rule(given)
        assert not out.requires_grad
        assert torch.equal(out, rule(plain))
    assert torch.equal(combine([vectors], rule, remember=False), rule(plain))
    assert vectors.requires_grad


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_what_the_cpu_gives(rule):
    for dtype in (*HALVES, *DTYPES):
        vectors = draw(d=5000, dtype=dtype)
        for rows in (vectors, vectors.clone().index_fill_(0, torch.tensor([3]), NAN)):
            out = rule(rows.cuda())
            assert out.is_cuda
            assert out.dtype == dtype
            close(out.cpu().double(), rule(rows).double(), 4 * torch.finfo(dtype).eps + 1e-5)


def test_half_precision_is_computed_in_single(rule):
    for dtype in HALVES:
        vectors = draw(dtype=dtype)
        out = rule(vectors)
        assert out.dtype == dtype
        assert torch.equal(out, rule(vectors.float()).to(dtype))
        vectors[[3, 8]] = torch.finfo(dtype).max
        vectors[1, 5] = NAN
        assert torch.isfinite(rule(vectors)).all()


def test_order_of_the_vectors_is_irrelevant(rule):
    vectors = draw(dtype=torch.float32)
    if rule.permutes:
        for seed in range(2):
            order = torch.randperm(N, generator=torch.Generator().manual_seed(seed))
            close(rule(vectors[order]), rule(vectors))


def test_identical_vectors_give_that_vector(rule):
    rule = load(member(rule), 1)
    for n in filter(lambda n: rule.repeats and allowed(rule, n), (N, 70)):
        for vector in (draw(1), draw(1).float(), torch.full((1, D), 1e-42)):
            out = rule(vector.expand(n, D))
            torch.testing.assert_close(out, vector[0], rtol=1e-5, atol=1e-43)


def test_zeros_give_zero(rule):
    expected = ROOT[:D].float() if rule.name == "fl_trust" else torch.zeros(D)
    assert torch.equal(rule(torch.zeros(N, D)), expected)


def test_a_single_vector_is_returned(rule):
    rule = load(member(rule), 0)
    if allowed(rule, 1):
        vector = draw(1)
        out = rule(vector)
        assert torch.isfinite(out).all()
        if rule.repeats:
            close(out, vector[0], 1e-12)


def test_no_and_one_coordinate(rule):
    for d in (0, 1):
        vectors = draw(d=d)
        out = rule(vectors)
        assert out.shape == (d,)
        assert torch.isfinite(out).all()
        close(combine([vectors, vectors[:, :0]], rule, remember=False), out)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_least_number_of_vectors_works(path):
    rule = load(path, f=0)
    least = next(n for n in range(1, N) if allowed(rule, n))
    vectors = draw(least)
    out = rule(vectors)
    assert torch.isfinite(out).all()
    if rule.translates:
        assert (vectors.min(dim=0).values - 1e-6 <= out).all()
        assert (out <= vectors.max(dim=0).values + 1e-6).all()


def test_streamed_blocks_equal_the_whole(rule):
    for dtype in DTYPES:
        vectors = draw(dtype=dtype)
        vectors[4, 7] = NAN
        for width in (1, D - 1):
            streamed = combine(iter(vectors.split(width, dim=1)), rule, remember=False)
            close(streamed, rule(vectors), 1e-5 if dtype == torch.float32 else 1e-9)


def test_vectors_that_are_not_contiguous(rule):
    vectors = draw(dtype=torch.float32)
    wide = torch.zeros(2 * N, 3 * D)
    wide[::2, ::3] = vectors
    for same in (vectors.T.contiguous().T, wide[::2, ::3]):
        close(rule(same), rule(vectors), 1e-6)


def test_translation_moves_the_output_along(rule):
    vectors, shift = draw(dtype=torch.float32), 10 * draw(1, dtype=torch.float32, seed=1)
    if rule.translates:
        close(rule(vectors + shift), rule(vectors) + shift[0], 2e-5)


def test_scaling_scales_the_output(rule):
    vectors = draw(dtype=torch.float32)
    for factor in (-1.5, 1e-8, 1e8) if rule.scales else ():
        close(rule(factor * vectors) / factor, rule(vectors))


def test_without_liars_it_is_the_mean_where_claimed(rule):
    rule = load(member(rule), 0)
    if rule.averages:
        close(rule(draw()), draw().mean(dim=0), 1e-10)


def test_claims_that_are_denied_are_wrong(rule):
    """A rule that denies an equivariance breaks it, so that the flags say something."""
    vectors, out = draw() + 1, rule(draw() + 1)
    if not rule.translates:
        assert (rule(vectors + 10) - out - 10).abs().max() > 1e-3
    if not rule.scales:
        assert max((rule(a * vectors) / a - out).abs().max() for a in (1e-7, 1e7, -1)) > 1e-6
    if not rule.repeats:
        assert (rule((50 * vectors)[:1].expand(N, D)) - 50 * vectors[0]).abs().max() > 1e-3


def withstands(rule, rows, honest, rng):
    """Whether the output on `rows` is finite, and in the ball that is promised."""
    out = rule(rows, rng).double()
    centre, radius = bound(rule, honest)
    inside = (out - centre).norm() <= radius * (1 + 1e-5) or rule.tolerates(len(rows)) == 0
    return bool(torch.isfinite(out).all() and inside)


def orders(rule, honest, lies):
    """The liars last and first; a trusted worker comes first."""
    yield torch.cat([honest, lies])
    if not hasattr(rule, "trusted_worker"):
        yield torch.cat([lies, honest])


def test_tolerated_liars_move_the_output_little(rule):
    liars = min(rule.tolerates(N), N // 2) or F
    honest = draw(N - liars, dtype=torch.float32)
    lies = draw(liars, dtype=torch.float32, seed=1)
    failed = [
        (name, place)
        for name, payload in PAYLOADS.items()
        for place, rows in enumerate(orders(rule, honest, payload(lies)))
        if not withstands(rule, rows, honest, np.random.default_rng(place))
    ]
    assert not failed


CROWD, FEW = 19, 4


def test_tolerated_liars_of_different_kinds_move_the_output_little(rule):
    rule = load(member(rule), FEW)
    liars = min(rule.tolerates(CROWD), CROWD // 2) or FEW
    failed = [
        (name, place, dtype)
        for dtype in DTYPES
        for honest, lies in [(draw(CROWD - liars, dtype=dtype), draw(liars, D, dtype, 1))]
        for name in MIXTURES
        for place, rows in enumerate(orders(rule, honest, mixed_rows(name, lies)))
        if not withstands(rule, rows, honest, np.random.default_rng(place))
    ]
    assert not failed


def test_no_rounding_of_the_gram_matrix_lets_a_liar_through(rule):
    """Another CPU sums in another order: every entry may be a few units in the last place off."""
    rule = load(member(rule), FEW)
    liars = min(rule.tolerates(CROWD), CROWD // 2)
    if not isinstance(rule, GramRule) or rule.describes or not liars:
        return
    honest, failed = draw(CROWD - liars), []
    centre, radius = bound(rule, honest)
    for name in MIXTURES:
        rows = torch.cat([honest, mixed_rows(name, draw(liars, seed=1))])
        rows = rows[torch.isfinite(rows).all(dim=1)]
        gram = centred_gram([torch.cat([rows, torch.zeros(len(rule.anchors), D)])])
        for seed in range(3):
            weights = rule.weights(gram * ulps(len(gram), seed))[: len(rows)]
            out = weights @ rows
            if not (out - centre).norm() <= radius * (1 + 1e-5):
                failed.append((name, seed))
    assert not failed


def ulps(n, seed):
    """[n, n] symmetric: factors that differ from one by about four units in the last place."""
    noise = draw(n, n, seed=seed)
    return 1 + 4 * torch.finfo(torch.float64).eps * (noise + noise.T) / 2


def test_more_liars_than_that_do_not_make_it_overflow(rule):
    for payload in ("huge", "huge signs", "one huge"):
        for liars in (N // 2 + 1, N - 1, N):
            lies = PAYLOADS[payload](draw(liars, dtype=torch.float32, seed=1))
            vectors = torch.cat([draw(N - liars, dtype=torch.float32), lies])
            assert torch.isfinite(rule(vectors)).all(), (payload, liars)


def test_rows_that_are_not_finite_are_left_out_and_counted(rule):
    if rule.name in ("sequential_centered_clipping", "flame", "mix_tailor"):
        return  # they draw; elsewhere
    for bad in ([NAN], [INF, NAN], [-INF, NAN, INF]):
        rest = draw()[: N - len(bad)]
        rows = torch.cat([rest, torch.tensor(bad).double()[:, None].expand(len(bad), D)])
        expected = load(member(rule), max(0, F - len(bad)))(rest)
        close(combine(rows.split(5, dim=1), rule, remember=False), expected, 1e-12)


def test_a_coordinate_that_is_not_finite_costs_no_other():
    for rule in map(load, RULES):
        if isinstance(rule, CoordinateRule):
            vectors = draw()
            clean = rule(vectors)
            vectors[3, 7], vectors[4, 7], vectors[3, 9] = NAN, INF, -INF
            out = rule(vectors)
            others = [j for j in range(D) if j not in (7, 9)]
            close(out[others], clean[others], 1e-12)


def test_nothing_finite_is_refused(rule):
    for value in (NAN, INF):
        with pytest.raises(ValueError, match=r"needs .*(n=0|f=0)"):
            rule(torch.full((N, D), value))


def test_less_than_half_is_tolerated(rule):
    for n in filter(lambda n: allowed(rule, n), range(1, 16)):
        assert rule.tolerates(n) >= 0
        assert rule.tolerates(n) < n / 2 or rule.name == "fl_trust"


def test_no_number_of_liars_is_refused_until_it_is_filled_in(rule):
    if "f" in OmegaConf.load(member(rule)):
        with pytest.raises(ValueError, match="needs a whole number f >= 0; got f=null"):
            component(member(rule)).check(N)
        with pytest.raises(ValueError, match="f=-1"):
            load(member(rule), -1).check(N)


@pytest.mark.parametrize("f", [-1, 1.5, "x", [], True])
def test_f_is_a_whole_number(rule, f):
    if "f" in OmegaConf.load(member(rule)):
        broken = replace(rule, f=f)
        vectors = draw()
        vectors[5] = NAN
        for use in (lambda: broken.check(N), lambda: broken(draw()), lambda: broken(vectors)):
            with pytest.raises(ValueError) as refused:
                use()
            assert str(refused.value).endswith(
                f" needs a whole number f >= 0; got f={f}; set aggregator.f"
            )


@pytest.mark.parametrize("value", [-1, 2.5, "x", []])
def test_other_counts_are_whole_numbers(rule, value):
    counts = {"trusted_worker", "m", "iterations", "size", "limit", "effort", "tolerated"}
    for key in counts & {field.name for field in fields(rule)}:
        with pytest.raises(ValueError, match=rf"^aggregator\.{key}=.* must be a whole number >= "):
            replace(rule, **{key: value})


def test_other_tensors_are_refused(rule):
    shapes = [torch.zeros(D), torch.zeros(N, D, 1), torch.zeros(0, D)]
    kinds = [torch.zeros(N, D, dtype=t) for t in (torch.int64, torch.bool, torch.complex64)]
    pattern = rf"{type(rule).__name__} takes .*\[n, d\].* got torch"
    for vectors in shapes + kinds:
        with pytest.raises(ValueError, match=pattern):
            rule(vectors)


def test_too_few_vectors_are_refused_by_every_path(rule):
    short = next((n for n in range(1, N) if not allowed(rule, n)), None)
    if short is None or rule.name == "mix_tailor":  # which may draw one that is content with less
        return
    pattern = rf"needs .*; got n={short}.* or use \w+"
    for call in (lambda: rule(draw(short)), lambda: combine([draw(short)], rule)):
        with pytest.raises(ValueError, match=pattern):
            call()
    bad = draw()
    bad[short:] = NAN
    least = load(member(rule), f=N - short + F)
    with pytest.raises(ValueError, match=r"needs"):
        least(bad)


def test_gram_weights_sum_to_one(rule):
    rule = load(member(rule), 1)
    for n in (7, 30) if isinstance(rule, GramRule) and not rule.describes else ():
        vectors, anchors = draw(n), n if "history" in rule.anchors else 0
        anchors += len(rule.anchors) - (anchors > 0)
        gram = centred_gram([torch.cat([vectors, torch.zeros(anchors, D)])])
        weights = rule.weights(gram)
        assert (weights.shape, weights.dtype) == ((n + anchors,), torch.float64)
        assert (weights[:n] >= -1e-12).all()
        assert weights.sum().item() == pytest.approx(1, abs=1e-12)


def test_gram_weights_do_not_depend_on_the_centre(rule):
    if isinstance(rule, GramRule) and not rule.anchors:
        vectors = draw() + 3.0
        close(rule.weights(vectors @ vectors.T), rule.weights(centred_gram([vectors])), 1e-6)


def test_what_is_remembered_survives_a_change_of_f_and_can_be_reset(rule):
    memory = getattr(rule, "memory", None)
    if memory is None:
        return
    assert isinstance(memory, Memory)
    first = combine([draw()], rule)
    second = combine([draw(seed=1)], rule)
    other = load(member(rule))
    combine([draw()], other)
    other.memory.load_state_dict(rule.memory.state_dict())
    assert torch.equal(combine([draw(seed=2)], other), combine([draw(seed=2)], rule))
    rule.memory.reset()
    assert torch.equal(combine([draw()], rule), first)
    assert torch.equal(combine([draw(seed=1)], rule), second)
    assert rule == load(member(rule))
    assert "memory" not in repr(rule)
