"""No honest worker is convicted, whatever liars do; every dispute costs a liar."""

import math
import struct
from functools import partial
from itertools import combinations, permutations, product

import numpy as np
import pytest

from robusttrain.defense.probe_verdict import SameBits, Within, judge
from robusttrain.redundancy.checkers import checkers_of, sources_of
from robusttrain.redundancy.fingerprint import SD, Fingerprint

TRUE, FORGED, OTHER = b"true", b"forged", b"other"
TRUTH = Fingerprint(TRUE, True, 1.0)
SUMS = {
    "true": TRUTH,
    "forged": Fingerprint(FORGED, True, 1.0),
    "not finite": Fingerprint(OTHER, False, math.inf),
    "not whole": None,
}
CLAIMS = (TRUE, FORGED, OTHER, None)


class Referee:
    """Recomputes the truth, and notes for whom; at perturbed parameters it finds `others`."""

    def __init__(self, truth, *others) -> None:
        self.truth, self.others, self.asked, self.perturbed = truth, others, [], []

    def __call__(self, source: int, perturbation: int) -> Fingerprint:
        self.perturbed.append(perturbation)
        if perturbation:
            return (
                self.others[perturbation % len(self.others)] if self.others else self.truth(source)
            )
        assert source not in self.asked, "recomputed twice"
        self.asked.append(source)
        return self.truth(source)


def exact(order, checkers, sums, claims):
    """The verdict on sums {worker: name in SUMS} and claims {checker: {source: claim or None}}."""
    received = {w: SUMS[name] for w, name in sums.items() if SUMS[name] is not None}
    said = {w: {s: c for s, c in told.items() if c is not None} for w, told in claims.items()}
    referee = Referee(lambda source: TRUTH)
    verdict = judge(order, checkers, received, said, referee, SameBits())
    assert list(verdict.recomputed) == referee.asked
    return verdict


def pair(source: str, claim: bytes | None):
    """The verdict on worker 0's sum, checked by worker 1; worker 0 makes no claim."""
    return exact([1, 0], 1, {0: source, 1: "true"}, {1: {0: claim}, 0: {1: TRUE}})


@pytest.mark.parametrize(
    ("source", "claim", "convicted", "calls"),
    [
        ("true", TRUE, set(), 0),
        ("forged", TRUE, {0}, 1),
        ("true", FORGED, {1}, 1),
        ("forged", FORGED, set(), 0),
        ("forged", OTHER, {0, 1}, 1),
        ("true", None, set(), 0),
        ("forged", None, set(), 0),
        ("not finite", TRUE, set(), 0),
        ("not whole", TRUE, set(), 0),
    ],
)
def test_the_table(source, claim, convicted, calls):
    verdict = pair(source, claim)
    assert (set(verdict.convicted), len(verdict.recomputed)) == (convicted, calls)
    assert verdict.lapsed == (((1, 0),) if claim is None else ())


def test_reasons_name_the_other_party():
    assert pair("forged", TRUE).convicted == {0: "sent a wrong sum: disputed by 1, recomputed"}
    assert pair("true", OTHER).convicted == {
        1: "claimed a wrong fingerprint of worker 0's sum, recomputed"
    }


def test_reasons_say_what_the_sum_is_of():
    def where(source):
        return f" of step 3, task {source + 7}"

    sums = {0: SUMS["forged"], 1: TRUTH}
    told = [1, 0], 1, sums, {1: {0: OTHER}}, lambda source, perturbation: TRUTH, SameBits()
    assert judge(*told, where).convicted == {
        0: "sent a wrong sum of step 3, task 7: disputed by 1, recomputed",
        1: "claimed a wrong fingerprint of worker 0's sum of step 3, task 7, recomputed",
    }


def test_a_colluder_that_agreed_with_a_forged_sum_is_convicted_with_it():
    sums = {0: "forged", 1: "true", 2: "true"}
    claims = {1: {0: TRUE, 2: TRUE}, 2: {0: FORGED, 1: TRUE}, 0: {1: TRUE, 2: TRUE}}
    assert set(exact([0, 1, 2], 2, sums, claims).convicted) == {0, 2}


def test_a_dispute_with_a_convicted_party_is_void():
    sums = dict.fromkeys(range(4), "true")
    claims = {3: {0: FORGED, 1: FORGED, 2: FORGED}} | {
        w: dict.fromkeys(range(4), TRUE) for w in range(3)
    }
    verdict = exact([3, 0, 1, 2], 3, sums, claims)
    assert (set(verdict.convicted), verdict.recomputed) == ({3}, (0,))
    claims[3][0] = TRUE
    sums[3] = "forged"  # convicted as a source only after it framed worker 1
    verdict = exact([3, 0, 1, 2], 3, sums, claims)
    assert (set(verdict.convicted), verdict.recomputed) == ({3}, (1,))


def test_claims_about_others_than_the_successors_are_ignored():
    sums = dict.fromkeys(range(3), "true")
    claims = {0: {1: TRUE, 2: FORGED, 7: FORGED}, 1: {2: TRUE}, 2: {0: TRUE}, 9: {0: FORGED}}
    verdict = exact([0, 1, 2], 1, sums, claims)
    assert (verdict.convicted, verdict.recomputed, verdict.lapsed) == ({}, (), ())


def behaviours(sources):
    """All that a liar can send: its sum, and a claim or none about each of its sources."""
    return [
        (name, dict(zip(sources, told, strict=True)))
        for name in SUMS
        for told in product(CLAIMS, repeat=len(sources))
    ]


def worst(order, checkers, liars):
    """All that a step of these liars can be: {worker: sum}, {checker: claims}."""
    sources = sources_of(order, checkers)
    for acts in product(*(behaviours(sources[w]) for w in liars)):
        lies = dict(zip(liars, acts, strict=True))
        sums = {w: lies[w][0] if w in lies else "true" for w in order}
        claims = {w: lies[w][1] if w in lies else dict.fromkeys(sources[w], TRUE) for w in order}
        yield sums, claims


def check_case(order, checkers, liars, sums, claims):
    verdict = exact(order, checkers, sums, claims)
    assert set(verdict.convicted) <= set(liars)
    assert len(verdict.recomputed) <= len(verdict.convicted)
    assert verdict.undecided == ()
    for source, seen in checkers_of(order, checkers).items():
        honest = set(seen) - set(liars)
        if sums[source] == "forged" and honest:
            assert source in verdict.convicted


@pytest.mark.parametrize(
    ("workers", "byzantine", "checkers", "orders"),
    [(3, 1, 1, None), (3, 1, 2, None), (4, 1, 1, None), (4, 1, 2, None), (4, 1, 3, None),
     (5, 1, 4, 4), (5, 2, 1, None), (5, 2, 2, 1)],
)  # fmt: skip
def test_no_honest_worker_is_convicted_whatever_liars_do(workers, byzantine, checkers, orders):
    """orders: of all cyclic orders so many, at random; None: all."""
    every = [(0, *rest) for rest in permutations(range(1, workers))]
    if orders is not None:
        every = [every[i] for i in np.random.default_rng(0).choice(len(every), orders, False)]
    for order in every:
        for liars in combinations(range(workers), byzantine):
            for sums, claims in worst(order, checkers, liars):
                check_case(order, checkers, liars, sums, claims)


CTAU, LANES = 0.03, 1


def number(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def within(sums, claim, truth, tolerance=1.0, lanes=1, others=()):
    """The verdict where worker 1 claims `claim` of worker 0's sum."""
    referee = Referee(lambda source: truth, *others)
    rule = Within.of(tolerance, lanes, sums)
    return judge([1, 0], 1, sums, {1: {0: claim}}, referee, rule)


def made(*values: float, norm: float = 1.0, finite: bool = True) -> Fingerprint:
    return Fingerprint(number(*values), finite, norm)


def test_the_tolerance_is_that_of_the_formula():
    sums = {0: made(10.0, norm=3.0), 1: made(0.0, norm=5.0), 2: made(0.0, norm=4.0)}
    tau = 1.0 * SD * (3.0 + 4.0)
    for apart, disputed in ((0.999 * tau, False), (1.001 * tau, True)):
        for sign in (-1, 1):
            verdict = within(sums, number(10.0 + sign * apart), made(10.0, norm=3.0))
            assert verdict.recomputed == ((0,) if disputed else ())
    half = 1.0 * SD * (8.0 + 4.0) / 2  # now the recomputed sum is the longer one
    for apart, convicted in ((0.999 * half, set()), (1.001 * half, {0})):
        verdict = within(sums, number(1e3), made(10.0 + apart, norm=8.0))
        assert set(verdict.convicted) - {1} == convicted


def test_sums_that_are_not_finite_do_not_enter_the_median():
    sums = {0: made(0.0, norm=1.0), 1: made(0.0, norm=2.0), 2: made(0.0, norm=9.0)}
    assert Within.of(1.0, 1, sums | {3: made(0, norm=math.inf, finite=False)}).median == 2.0
    assert Within.of(1.0, 1, {}).median == 0.0


@pytest.mark.parametrize(
    "claim",
    [number(math.nan), number(math.inf), number(1e308), b"", b"1234567", number(0.0) + b"\0"],
)
def test_a_claim_that_is_no_number_is_disputed_and_convicts_its_author(claim):
    sums = {0: made(0.0), 1: made(0.0)}
    assert set(within(sums, claim, made(0.0)).convicted) == {1}


def test_a_recomputed_sum_that_is_not_finite_convicts_nobody():
    sums = {0: made(0.0), 1: made(0.0)}
    verdict = within(sums, number(5.0), made(math.nan, norm=math.nan, finite=False))
    assert (verdict.convicted, verdict.recomputed, verdict.undecided) == ({}, (0,), (0,))


def test_one_lane_is_enough():
    sums = {0: made(0.0, 0.0), 1: made(0.0, 0.0)}
    verdict = within(sums, number(0.0, 2.0), made(0.0, 0.0), lanes=2)
    assert set(verdict.convicted) == {1}
    assert within(sums, number(0.0, 0.1), made(0.0, 0.0), lanes=2).recomputed == ()


def test_an_honest_checker_of_a_zero_sum_on_a_share_with_a_large_gradient_is_not_convicted():
    """|S| = 0 and |R| = 100 m: differences between classes are larger than tau of S alone."""
    rule = Within(CTAU, 1, 1.0)
    noise = 100 * CTAU / 12 * SD * 4  # of four deviations
    assert rule.disputes(made(0.0, norm=0.0), number(noise))
    sums = {0: made(0.0, norm=0.0), 1: made(7.0), 2: made(7.0)}
    verdict = within(sums, number(50.0 + noise), made(50.0, norm=100.0), tolerance=CTAU)
    assert set(verdict.convicted) == {0}


def test_who_has_found_the_other_side_of_a_jump_is_not_convicted():
    """Source and checker are honest: the referee's sum jumps from one's to the other's."""
    sums, jump = {0: made(0.0), 1: made(0.0)}, made(9.0)
    verdict = within(sums, number(9.0), made(0.0), others=[made(0.0), jump])
    assert (verdict.convicted, verdict.undecided) == ({}, (0,))
    assert set(within(sums, number(9.0), made(0.0)).convicted) == {1}
    assert set(within(sums, number(-9.0), made(0.0), others=[jump]).convicted) == {1}
    lost = made(math.nan, finite=False)
    assert set(within(sums, number(9.0), made(0.0), others=[lost]).convicted) == {1}


def test_digests_are_compared_with_one_sum_alone_and_products_as_long_as_there_are_suspects():
    exact, rule = Referee(lambda source: TRUTH), Within(1.0, 1, 1.0)
    judge([1, 0], 1, {0: SUMS["forged"]}, {1: {0: TRUE}}, exact, SameBits())
    assert exact.perturbed == [0]
    liar, agreed = Referee(lambda source: made(0.0)), Referee(lambda source: made(0.0), made(50.0))
    for referee in (liar, agreed):
        judge([1, 0], 1, {0: made(50.0)}, {1: {0: number(0.0)}}, referee, rule)
    assert liar.perturbed == [*range(1 + Within.perturbations)]
    assert agreed.perturbed == [0, 1]


class Step:
    """A step with products: true sums of very different lengths, liars that choose the worst."""

    SIZE, WORKERS = 30, 7

    def __init__(self, seed: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.order = rng.permutation(self.WORKERS).tolist()
        self.liars = set(rng.choice(self.WORKERS, 3, replace=False).tolist())
        self.checkers = int(rng.integers(1, 4))
        self.r = (rng.integers(-(2**14), 2**14, self.SIZE) * 2 + 1) / 2**16
        lengths = np.exp(rng.normal(0, rng.choice([0.1, 1, 3]), self.WORKERS))
        self.true = rng.standard_normal((self.WORKERS, self.SIZE)) * lengths[:, None]
        self.sums = {w: self._sum(w) for w in range(self.WORKERS)}
        self.truth = {w: self._made(self._near(self.true[w])) for w in range(self.WORKERS)}
        self.rule = Within.of(CTAU, LANES, self.sums)
        sources = sources_of(self.order, self.checkers)
        self.claims = {w: self._claims(w, told) for w, told in sources.items()}

    def _near(self, vector):
        """The same sum on other hardware."""
        noise = self.rng.standard_normal(self.SIZE)
        length = np.linalg.norm(vector) * CTAU / 12 / np.linalg.norm(noise)
        return vector + noise * length * self.rng.random()

    def _made(self, vector) -> Fingerprint:
        return made(float(self.r @ vector), norm=float(np.linalg.norm(vector)))

    def _sum(self, worker: int) -> Fingerprint:
        true = self._near(self.true[worker])
        if worker not in self.liars:
            return self._made(true)
        length, error = np.linalg.norm(true), self.rng.standard_normal(self.SIZE)
        error *= length * CTAU * self.rng.choice([0.5, 1, 2, 20]) / np.linalg.norm(error)
        lies = (true, 0 * true, -true, true + error, 1e30 * error, true * (1 - CTAU))
        return self._made(lies[self.rng.integers(len(lies))])

    def _claims(self, worker: int, sources) -> dict[int, bytes]:
        if worker not in self.liars:
            return {s: self._made(self._near(self.true[s])).claim for s in sources}
        lies = {s: self._lie(s) for s in sources}
        return {s: number(lie) for s, lie in lies.items() if lie is not None}

    def _lie(self, source: int) -> float | None:
        """At the edge of what passes: of the dispute, of the conviction, or far from both."""
        rule, received, truth = self.rule, self.sums[source], self.truth[source]
        (p,), (r,) = struct.unpack("<d", received.claim), struct.unpack("<d", truth.claim)
        tau = rule._tau(received.norm)
        half = rule._tau(max(received.norm, truth.norm)) / 2
        side = self.rng.choice([-1, 1]) * (1 + self.rng.choice([-1e-9, 1e-9, 0.3]))
        lies = (p, r, p + side * tau, r + side * half, 1e308, math.nan, 0.0, None)
        return lies[self.rng.integers(len(lies))]

    def judged(self):
        self.referee = Referee(self.truth.__getitem__)
        return judge(self.order, self.checkers, self.sums, self.claims, self.referee, self.rule)


def check_step(seed: int) -> int:
    """The disputes that convicted nobody."""
    step = Step(seed)
    verdict = step.judged()
    assert set(verdict.convicted) <= step.liars
    assert len(verdict.recomputed) <= len(verdict.convicted) + len(verdict.undecided)
    assert set(verdict.undecided) <= step.liars, "an honest source, and nobody convicted"
    return len(verdict.undecided)


def test_no_honest_worker_is_convicted_by_products_whatever_liars_do():
    """Few disputes convict nobody, and only those about a liar's sum."""
    assert sum(map(check_step, range(2000))) <= 2000 * CTAU / 6


def test_a_forged_sum_passes_an_honest_checker_only_below_the_tolerance():
    for seed in range(2000, 2500):
        step = Step(seed)
        verdict = step.judged()
        for source, seen in checkers_of(step.order, step.checkers).items():
            dispute = partial(step.rule.disputes, step.sums[source])
            honest = [w for w in seen if w not in step.liars]
            if any(dispute(step.claims[w][source]) for w in honest):
                assert source in {*verdict.convicted, *verdict.undecided}
