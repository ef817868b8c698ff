"""A short siege: what strategies do, that what they did is counted, and that nothing breaks."""

import pytest

from robusttrain.defense.probe_verdict import ProbeVerdict
from robusttrain.protocol import probing
from robusttrain.study.siege import besieged, cell, setting, siege_table
from robusttrain.study.strategies import CELLS, CLAIMS, SUMS

EXPOSED = {"forged", "bit", "stale", "anothers", "half", "zero"}
DESTROYED = {"cut", "silent", "inf"}


@pytest.fixture(scope="module")
def made():
    return setting(workers=7, share=0.3, checkers=1, steps=60)


@pytest.mark.parametrize(("sums", "claims"), CELLS, ids=lambda name: name)
def test_no_honest_worker_is_convicted_and_no_step_has_too_many_forged_vectors(made, sums, claims):
    run = besieged(made, sums, claims, seed=1)
    assert (run.innocent, run.worst) == (0, 0)
    assert run.calls <= len(run.convicted)
    if sums in EXPOSED or claims in ("frame", "old", "garbage"):
        assert run.liars == run.convicted.keys()
    if sums in DESTROYED or sums == "own":
        assert run.used == 0
    if sums in DESTROYED | {"own"} and claims in ("honestly", "collude", "zeros"):
        assert not run.convicted


def test_every_strategy_is_in_a_cell():
    assert {sums for sums, _ in CELLS} == SUMS.keys()
    assert {claims for _, claims in CELLS} == CLAIMS.keys()


def test_a_protocol_without_verdicts_lets_liars_forge_for_ever(made, monkeypatch):
    monkeypatch.setattr(probing, "judge", lambda *told: ProbeVerdict())
    run = besieged(made, "forged", "collude", seed=1)
    assert (run.steps, run.convicted) == (60, {})
    assert run.used > 2.5 * 60


def test_forged_vectors_stay_within_what_is_expected(made):
    """The mean over about 40 runs: 13.6 is exact for liars that all forge at once."""
    found = cell(made, "forged", "collude", budget=400)
    assert len(found.runs) > 20
    assert abs(found.used.mean() - 13.6) < 3 * found.interval


def test_a_table_has_a_row_for_each_cell():
    assert siege_table(5, 0, 1.0, 1, 3).row_count == len(CELLS)
