"""Harm on vectors: what theory says of the mean and of Krum, and the table of the spec."""

import math

import pytest
import torch
from support import members

from robusttrain.analysis.harm import (
    NOBODY,
    SEARCHED,
    Harm,
    compare,
    suffered,
)
from robusttrain.analysis.scene import Scene
from robusttrain.defense.aggregator.cge import Cge
from robusttrain.defense.aggregator.dnc import Dnc
from robusttrain.defense.aggregator.geometric_median import GeometricMedian
from robusttrain.defense.aggregator.krum import Krum
from robusttrain.defense.aggregator.mean import Mean
from robusttrain.defense.aggregator.median import Median
from robusttrain.defense.aggregator.multi_krum import MultiKrum
from robusttrain.defense.aggregator.trimmed_mean import TrimmedMean
from robusttrain.defense.pipeline import Pipeline
from robusttrain.defense.preaggregator.bucketing import Bucketing
from robusttrain.defense.preaggregator.nnm import Nnm
from robusttrain.report.harm import pipelines_of
from robusttrain.threat.attack.alie import Alie
from robusttrain.threat.attack.constant import Constant
from robusttrain.threat.attack.inner_product import InnerProduct
from robusttrain.threat.attack.reversed import Reversed

N, F, SIZE, LOUD = 25, 5, 1000, 4.0
NNM = "nnm+trimmed_mean"
RULES = {
    "mean": Mean(),
    "krum": Krum(f=F),
    "multi_krum": MultiKrum(f=F),
    "median": Median(),
    "trimmed_mean": TrimmedMean(f=F),
    "geometric_median": GeometricMedian(),
    "cge": Cge(f=F),
    "dnc": Dnc(f=F),
}
DEFENCES = {name: Pipeline(rule) for name, rule in RULES.items()} | {
    NNM: Pipeline(TrimmedMean(f=F), (Nnm(f=F),))
}
ATTACKS = {"alie .25": Alie(z=None), "alie 1.5": Alie(z=1.5), "ipm .5": InnerProduct(0.5)}
# specs/rules-and-attacks.md section 6, distance at noise 4. DnC under a small attack differs by
# definition: there it is the published one of random coordinates, which drops more.
SPEC = {
    "mean": (0.20, 1.20, 0.40),
    "krum": (1.01, 3.77, 2.01),
    "multi_krum": (0.56, 0.31, 0.75),
    "median": (0.90, 1.42, 1.07),
    "trimmed_mean": (0.42, 1.53, 0.68),
    "geometric_median": (0.98, 1.00, 1.01),
    "cge": (0.47, 0.00, 0.66),
    "dnc": (None, 0.00, None),
    NNM: (0.33, 0.00, 0.55),
}
# There the worst over a grid of its own: ours also holds Fang's attacks, made for Krum.
SPEC_SEARCHED = {"median": 1.44, "trimmed_mean": 1.65, "geometric_median": 1.01}


def scene(noise: float = LOUD, seed: int = 0, n: int = N, f: int = F, size: int = SIZE) -> Scene:
    return Scene.draw(n, f, size, noise, seed)


@pytest.fixture(scope="module")
def table():
    scenes = {LOUD: [scene(seed=s) for s in range(3)]}
    return compare(scenes, ATTACKS, DEFENCES.items())


@pytest.mark.parametrize("rule", SPEC)
def test_the_errors_are_those_of_the_spec(table, rule):
    for attack, expected in zip(ATTACKS, SPEC[rule], strict=True):
        if expected is not None:
            found = table[LOUD, attack, rule].distance
            assert found == pytest.approx(expected, rel=0.08, abs=0.03), attack


@pytest.mark.parametrize("rule", SPEC_SEARCHED)
def test_the_worst_is_that_of_the_spec(table, rule):
    found = table[LOUD, SEARCHED, rule].distance
    assert found == pytest.approx(SPEC_SEARCHED[rule], rel=0.08)


def test_the_search_is_never_less_than_any_attack_for_any_rule(table):
    for noise, attack, rule in table:
        if attack != NOBODY:
            worst, harm = table[noise, SEARCHED, rule], table[noise, attack, rule]
            assert worst.distance >= harm.distance
            assert worst.relative >= harm.relative
            assert worst.cosine <= harm.cosine


def test_what_fixed_attacks_hide_the_search_shows(table):
    assert table[LOUD, "alie 1.5", "cge"].distance < 1e-3
    assert table[LOUD, SEARCHED, "cge"].distance > 1
    assert table[LOUD, SEARCHED, "mean"].distance > 10


@pytest.mark.parametrize("noise", [1.0, LOUD])
def test_the_mean_moves_by_the_liars_share_of_the_attack(noise):
    drawn = scene(noise)
    for attack in (*ATTACKS.values(), Reversed(3.0), Constant(-100.0)):
        rows = drawn.forge(attack).expand(F, -1).double()
        found = suffered(drawn, {"it": drawn.forge(attack)}, DEFENCES["mean"])["it"].distance
        expected = F / N * float((rows.mean(dim=0) - drawn.mean).norm())
        assert found == pytest.approx(expected, rel=1e-5)


def test_the_error_of_the_mean_alone_grows_with_the_attack_without_bound():
    drawn = scene()
    sent = {scale: drawn.forge(Reversed(scale)) for scale in (1e1, 1e3, 1e6, 1e9)}
    errors = {r: suffered(drawn, sent, DEFENCES[r]) for r in ("mean", "median", "geometric_median")}
    for scale in (1e3, 1e6, 1e9):
        assert errors["mean"][scale].relative > 0.05 * scale
        assert errors["median"][scale].relative < 1.5
        assert errors["geometric_median"][scale].relative < 1.5


@pytest.mark.parametrize("seed", range(5))
def test_krum_returns_the_attack_under_large_honest_noise(seed):
    drawn = scene(LOUD, seed)
    sent = {"it": drawn.forge(InnerProduct(0.5))}
    krum, found = (suffered(drawn, sent, DEFENCES[r])["it"] for r in ("krum", "geometric_median"))
    assert krum.cosine == pytest.approx(-1, abs=1e-6)
    assert krum.relative == pytest.approx(1.5, rel=1e-5)
    assert found.cosine > 0.99


def test_krum_does_not_where_the_noise_is_small():
    drawn = scene(noise=0.5)
    sent = {"it": drawn.forge(InnerProduct(0.5))}
    assert suffered(drawn, sent, DEFENCES["krum"])["it"].cosine > 0.8


def test_without_an_attack_the_mean_makes_no_error_and_krum_picks_one():
    drawn = scene()
    assert suffered(drawn, {}, DEFENCES["mean"])[NOBODY].distance < 1e-5
    assert suffered(drawn, {}, DEFENCES["krum"])[NOBODY].distance == pytest.approx(LOUD, rel=0.1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -3e38])
@pytest.mark.parametrize("path", members("aggregator"), ids=lambda p: p.stem)
def test_every_rule_stays_finite_whatever_is_sent(path, value):
    drawn = scene(n=15, f=3, size=40)
    rule = pipelines_of([path.stem], 15, 3)[0][path.stem]
    vectors = torch.cat([drawn.honest, drawn.forge(Constant(value)).expand(3, -1)])
    assert torch.isfinite(rule([vectors], remember=False, root=drawn.root)).all()


def test_liars_who_scatter_are_unbounded_under_dnc_as_its_docstring_says(table):
    assert table[LOUD, SEARCHED, "dnc"].relative > 100


def test_a_defence_assumes_what_its_stages_leave():
    sized = Pipeline.fit(Krum(f=None), (Bucketing(size=2),), 26, F)
    assert sized.rule.f == F
    few = Pipeline.fit(TrimmedMean(f=None), (Bucketing(buckets=3),), 9, 1)
    assert few.rule.f == 1
    assert Pipeline.fit(Krum(f=2), (), N, F).rule.f == 2, "what is given stays"
    assert Pipeline.fit(Median(), (Nnm(f=None),), N, F).stages[0].f == F
    with pytest.raises(ValueError, match=r"krum needs n >= 2f\+3; got n=7, f=3"):
        Pipeline.fit(Krum(f=None), (), 7, 3)
    with pytest.raises(ValueError, match=r"krum needs n >= 2f\+3; got n=6, f=3"):
        Pipeline.fit(Krum(f=None), (Bucketing(size=2),), 12, 3)


def test_what_is_not_finite_is_infinitely_far_and_zero_has_no_direction():
    mean = torch.ones(2, dtype=torch.float64)
    assert Harm.of(torch.tensor([1.0, math.nan]), mean) == Harm(math.inf, math.inf, -1.0)
    assert Harm.of(torch.zeros(2), mean).cosine == 0
    assert Harm.of(torch.tensor([2.0, 2.0]), mean) == Harm(
        pytest.approx(2**0.5), pytest.approx(1), pytest.approx(1)
    )


def test_worst_and_middle_are_taken_column_by_column():
    harms = [Harm(1, 5, 0.2), Harm(2, 4, -0.3), Harm(3, 3, 0.9)]
    assert Harm.worst(harms) == Harm(3, 5, -0.3)
    assert Harm.middle(harms) == Harm(2, 4, 0.2)
