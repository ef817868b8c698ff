"""Every figure is held against a simulation, or against all that liars could do."""

import math
from itertools import product

import numpy as np
import pytest

from robusttrain.certificate.probes import Probes, probe_lines, repeated
from robusttrain.certificate.products import pass_chance
from robusttrain.combinatorics.cyclic_runs import exposed_chances
from robusttrain.defense.probe_verdict import SameBits, judge
from robusttrain.protocol.draws import Draws, Schedule, cyclic_order
from robusttrain.redundancy.checkers import sources_of
from robusttrain.redundancy.fingerprint import Fingerprint

TRUTH, FORGED = Fingerprint(b"true", True), Fingerprint(b"forged", True)


def forged_in_a_run(probes: Probes, run: int, lost: int = 0) -> int:
    """Liars that all forge and vouch for each other, judged by the shipped draws and verdict.

    lost: probed steps, the first ones, in which the server dies between use and verdict.
    """
    rng = np.random.default_rng(run)
    liars, used = set(range(probes.byzantine)), 0
    members, step = set(range(probes.workers)), 0
    while liars:
        wait = int(rng.geometric(probes.share))
        step, used = step + wait, used + wait * len(liars)
        if lost:
            lost -= 1
            continue
        order = cyclic_order(Draws(run).order(step, 1), members)
        sums = {w: FORGED if w in liars else TRUTH for w in order}
        claims = {
            checker: {s: said(checker, s, liars, probes, rng) for s in sources}
            for checker, sources in sources_of(order, probes.checkers).items()
        }
        verdict = judge(order, probes.checkers, sums, claims, lambda *_: TRUTH, SameBits())
        assert verdict.convicted.keys() <= liars
        liars -= verdict.convicted.keys()
        members -= verdict.convicted.keys()
    return used


def said(checker, source, liars, probes, rng) -> bytes:
    if source in liars and (checker in liars or rng.random() < probes.passes):
        return FORGED.claim
    return TRUTH.claim


@pytest.mark.parametrize(
    ("probes", "runs"),
    [(Probes(15, 5, 0.1, 1), 1500), (Probes(15, 5, 1.0, 1), 800), (Probes(7, 3, 0.3, 1, 0.4), 800),
     (Probes(15, 7, 0.2, 1, 0.05), 800)],
)  # fmt: skip
def test_mean_and_quantile_are_those_of_simulated_runs(probes, runs):
    used = np.array([forged_in_a_run(probes, run) for run in range(runs)])
    error = used.std() / math.sqrt(runs)
    assert abs(used.mean() - probes.mean) < 4 * error
    assert used.mean() + 2 * error < probes.expected + 4 * error
    for level in (0.5, 0.9, 0.99):
        deviation = math.sqrt(level * (1 - level) / runs)
        highest = probes.quantile(level)
        assert np.mean(used <= highest) > level - 4 * deviation
        assert np.mean(used < highest) < level + 4 * deviation


@pytest.mark.parametrize("restarts", [1, 4])
def test_a_restart_costs_at_most_the_vectors_of_one_step(restarts):
    """With share 1: a step that is lost is then one step more."""
    probes = Probes(15, 5, 1.0, 1)
    used = np.array([forged_in_a_run(probes, run, lost=restarts) for run in range(600)])
    error = used.std() / math.sqrt(600)
    assert abs(used.mean() - probes.mean - 5 * restarts) < 4 * error
    assert used.mean() + 4 * error < probes.expected_with(restarts)


def test_with_several_checkers_vouching_convicts_more_than_the_mean_reckons_with():
    probes = Probes(9, 4, 0.5, 2)
    used = np.array([forged_in_a_run(probes, run) for run in range(600)])
    assert used.mean() < probes.mean + 3 * used.std() / math.sqrt(600)
    assert probes.mean < probes.expected


def test_the_example_of_five_liars_among_fifteen():
    probes = Probes(15, 5, 0.1, 1)
    assert probes.seen == pytest.approx(10 / 14)
    assert probes.expected == pytest.approx(70)
    assert probes.expected_with(2) == pytest.approx(85)
    assert (round(probes.mean, 1), probes.quantile()) == (65.4, 243)
    assert Probes(15, 5, 1.0, 1).expected == pytest.approx(7)
    assert Probes(15, 1, 0.1, 3).mean == pytest.approx(10)


def best_mean(probes: Probes) -> float:
    """Forged vectors expected of the liars that choose best how many of them forge."""
    values, honest = [0.0], probes.workers - probes.byzantine
    for m in range(1, probes.byzantine + 1):
        exposed = exposed_chances(m, honest, min(probes.checkers, m + honest - 1))
        choices = []
        for forging in range(1, m + 1):
            caught = np.zeros(m + 1)
            for among, chance in enumerate(exposed):
                for j in range(forging + 1):
                    ways = math.comb(among, j) * math.comb(m - among, forging - j)
                    for k in range(j + 1):
                        thin = (1 - probes.passes) ** k * probes.passes ** (j - k)
                        share = ways / math.comb(m, forging) * math.comb(j, k) * thin
                        caught[k] += chance * share
            rest = sum(caught[j] * values[m - j] for j in range(1, m + 1))
            choices.append((forging + probes.share * rest) / probes.share / (1 - caught[0]))
        values.append(max(choices))
    return values[-1]


@pytest.mark.parametrize("workers", [3, 5, 8, 15])
@pytest.mark.parametrize("checkers", [1, 2])
@pytest.mark.parametrize("passes", [0.0, 0.3])
def test_the_bound_holds_however_many_liars_choose_to_forge(workers, checkers, passes):
    for byzantine, share in product(range(1, (workers + 1) // 2), (0.1, 1.0)):
        probes = Probes(workers, byzantine, share, checkers, passes)
        assert probes.mean <= best_mean(probes) + 1e-9 <= probes.expected + 2e-9


def test_nothing_is_forged_without_liars_and_everything_where_every_lie_passes():
    none, all_pass = Probes(5, 0, 0.1, 1), Probes(5, 1, 0.1, 1, passes=1.0)
    assert (none.expected, none.mean, none.quantile(), none.bad()) == (0, 0, 0, 0)
    assert {all_pass.expected, all_pass.mean, all_pass.quantile()} == {math.inf}


def test_where_very_many_are_expected_the_quantile_is_markovs():
    probes = Probes(15, 5, 1e-6, 1)
    assert probes.quantile(0.99) == pytest.approx(100 * probes.expected)
    assert Probes(15, 5, 1e-3, 1).quantile() == pytest.approx(
        10 * Probes(15, 5, 1e-2, 1).quantile(), rel=0.01
    )


def test_repeated_is_the_sum_of_all_shifts():
    ends = np.random.default_rng(0).random(50)
    naive = ends.copy()
    for place in range(3, 50):
        naive[place] += 0.7 * naive[place - 3]
    assert repeated(ends, 3, 0.7) == pytest.approx(naive)


def test_bad_and_honest_vectors_after_convictions_and_absences():
    for workers in range(3, 12):
        for byzantine in range(1, (workers + 1) // 2):
            probes = Probes(workers, byzantine, 0.1, 1)
            honest = workers - byzantine - probes.absences
            for convicted in range(byzantine + 1):
                assert probes.bad(convicted) == byzantine - convicted < honest
            assert honest - 1 <= probes.bad(0)


def test_the_price_is_at_least_that_of_the_schedule():
    probes, steps = Probes(15, 5, 0.1, 2, alert=20), 500
    schedule = Schedule(probes.share, probes.alert, steps)
    apart, together = [50, 100, 200, 300, 400], [100, 100, 105, 110, 110]
    for convictions in (apart, together, []):
        shares = [schedule.share_of(step, convictions) for step in range(steps)]
        price = 1 + probes.checkers * float(np.mean(shares))
        assert price <= probes.mean_price(steps) + 1e-12
        assert (convictions is apart) == (price == pytest.approx(probes.mean_price(steps)))
    assert probes.price == pytest.approx(1.2)
    assert Probes(15, 5, 0.1, 2).mean_price(steps) == pytest.approx(1.2)
    assert probes.mean_price(10) == pytest.approx(3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((15, 8, 0.1, 1), r"defense\.byzantine=8 must be below half of workers=15.*at most 7"),
        ((14, 7, 0.1, 1), r"defense\.byzantine=7 .*at most 6"),
        ((3, 1, 0.1, 3), r"probe\.checkers=3 must be below workers=3; use at most 2"),
        ((3, 1, 0.1, 0), r"probe\.checkers=0 must be a whole number >= 1"),
    ],
)
def test_what_cannot_be_certified_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Probes(*values)


def test_the_lines_state_the_figures():
    text = "\n".join(probe_lines(Probes(15, 5, 0.1, 1)))
    for part in ("15 workers, 5 may lie", "at most 5 of 15", "4 honest absences",
                 "75 expected at most with 0 restarts", "65 on average", "at most 243",
                 "always seen", "1.1 times", "2 times in a probed step",
                 "more than 5"):  # fmt: skip
        assert part in text
    products = "\n".join(probe_lines(Probes(15, 5, 0.1, 1, pass_chance(0.06, 1)), 1, 0.03))
    assert "with probability 0.049 at most" in products
    assert "errors below 0.06" in products
    assert "0.02 of the mean's path" in products
    assert "always seen" not in products
