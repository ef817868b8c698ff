"""A short siege: what liars get past the shipped protocol, beside what the certificate says."""

import pytest

from robusttrain.certificate.probes import Probes
from robusttrain.defense.probe_verdict import ProbeVerdict, SameBits
from robusttrain.protocol import probing
from robusttrain.protocol.draws import Draws, cyclic_order, is_probed
from robusttrain.redundancy.checkers import checkers_of
from robusttrain.study.siege import PRODUCTS, besieged, cell, setting, siege_tables
from robusttrain.study.strategies import CELLS, CLAIMS, PRODUCT_CELLS, SUMS
from robusttrain.study.wire import FAULTS

EXPOSED = {"forged", "bit", "stale", "anothers", "half", "zero"}
DESTROYED = {"cut", "silent", "inf"}
PROMISED = Probes(workers=7, byzantine=3, share=0.3, checkers=1)


@pytest.fixture(scope="module")
def made():
    return setting(workers=7, share=0.3, checkers=1, steps=60)


@pytest.fixture(scope="module")
def products():
    return setting(7, 0.3, 1, 60, *PRODUCTS)


@pytest.mark.parametrize(("sums", "claims"), CELLS, ids=lambda name: name)
def test_no_honest_worker_is_convicted_and_no_step_has_too_many_forged_vectors(made, sums, claims):
    run = besieged(made, sums, claims, seed=1)
    assert (run.innocent, run.worst, run.passed) == (0, 0, 0)
    assert run.calls <= len(run.convicted)
    if sums in EXPOSED or claims in ("frame", "old", "other", "zeros", "garbage", "huge"):
        assert run.liars == run.convicted.keys()
    if sums in DESTROYED or sums == "own":
        assert run.used == 0
    if sums in DESTROYED | {"own"} and claims in ("honestly", "collude", "mute"):
        assert not run.convicted


@pytest.mark.parametrize(("sums", "claims"), PRODUCT_CELLS, ids=lambda name: name)
def test_products_convict_no_honest_worker_either(products, sums, claims):
    run = besieged(products, sums, claims, seed=1)
    assert (run.innocent, run.worst) == (0, 0)
    assert (run.liars == run.convicted.keys()) == (sums != "under")
    if sums == "under":
        assert run.used == 3 * run.steps
        assert run.passed == run.seen > 0


def test_every_strategy_is_in_a_cell():
    assert {sums for sums, _ in (*CELLS, *PRODUCT_CELLS)} == SUMS.keys()
    assert {claims for _, claims in CELLS} == CLAIMS.keys()


def test_what_the_last_probe_shows_comes_after_its_sums_are_used():
    run = besieged(setting(workers=7, share=1.0, checkers=3, steps=1), "forged", "honestly", seed=0)
    assert (run.used, run.worst, run.convicted.keys()) == (3, 0, run.liars)


def test_a_seed_repeats_a_run(made):
    first, again = (besieged(made, "sometimes", "frame", seed=3) for _ in range(2))
    assert vars(first) == vars(again) != vars(besieged(made, "sometimes", "frame", seed=4))


def test_forged_vectors_are_as_many_as_are_expected(made):
    """Of liars that all forge at once, the mean is exact; there are about 40 runs."""
    found = cell("", lambda seed: besieged(made, "forged", "collude", seed), budget=400)
    assert len(found.runs) > 20
    assert abs(found.used.mean() - PROMISED.mean) < 3 * found.interval


@pytest.mark.parametrize("sums", ["guessed", "sometimes"])
def test_waiting_for_a_good_moment_gains_nothing(made, sums):
    """For each conviction at most 1 / (s a) = 5 forged vectors, as without waiting."""
    found = cell("", lambda seed: besieged(made, sums, "collude", seed), budget=600)
    caught = sum(len(run.convicted) for run in found.runs)
    assert found.total("seen") > 5
    assert found.total("used") / caught < 1.5 * PROMISED.expected / PROMISED.byzantine


def test_who_knows_the_draw_beforehand_forges_for_ever(made, monkeypatch):
    """As if probes were revealed before the sums are in: forges where no honest worker checks."""
    draws, members = Draws(1), range(7)

    def knowing(scene):
        order = cyclic_order(draws.order(scene.step, 1), members)
        checkers = set(checkers_of(order, 1)[scene.worker])
        probed = is_probed(draws.coin(scene.step, 1), 0.3)
        return SUMS["own" if probed and checkers - scene.liars else "forged"](scene)

    monkeypatch.setitem(SUMS, "knowing", knowing)
    run = besieged(made, "knowing", "collude", seed=1)
    assert (run.steps, run.convicted, run.seen) == (60, {}, 0)
    assert run.used > PROMISED.quantile()


def test_without_verdicts_liars_forge_for_ever(made, monkeypatch):
    monkeypatch.setattr(probing, "judge", lambda *told: ProbeVerdict())
    run = besieged(made, "forged", "collude", seed=1)
    assert (run.steps, run.convicted) == (60, {})
    assert run.used > 2.5 * 60  # a sum of 0, times -100, is no lie
    assert run.passed == run.seen > 20


def test_without_a_referee_honest_workers_are_convicted(made, monkeypatch):
    """Whoever a claim speaks against is taken for a liar."""
    monkeypatch.setattr(SameBits, "refutes", lambda self, truth, claim, received: True)
    assert besieged(made, "own", "frame", seed=1).innocent > 0


def test_the_tables_have_a_row_for_each_way():
    counts = [table.row_count for table in siege_tables(5, 0, 1.0, 1, 3)]
    assert counts == [len(CELLS) + len(FAULTS) + 1, len(PRODUCT_CELLS)]
