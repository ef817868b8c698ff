"""Whole runs with probes: the bits, who is convicted on what, what is sent and what it costs."""

import shutil

import pytest
import torch
from probes import PROBES
from simulation import change, die, late, lose, when

from robusttrain.comm.link import Kind
from robusttrain.config.recipe import recipe
from robusttrain.ops import layout
from robusttrain.protocol.schedule import on_time
from robusttrain.run import assembly, sides
from robusttrain.run.simulate import simulate

LIARS = ("threat.byzantine=3", "placement.workers=[1,4,6]")
CLAIMS = ("honest", "collude", "frame", "lazy", "silent")


@pytest.fixture(autouse=True)
def some_parcels(monkeypatch):
    """A sum of a small model in as many messages as blocks."""
    monkeypatch.setattr(layout, "PARCEL", 1)


def test_without_liars_the_parameters_are_those_whatever_is_drawn_for_any_number_of_ranks(
    simulated,
):
    drawn = ("probe.share=1", "probe.alert=0")
    runs = [simulated(*PROBES, d, ranks=w) for d in drawn for w in (1, 2, 3)]
    assert all(line["audited"] == line["convicted"] == [] for r in runs for line in r.metrics)
    assert all(torch.equal(run.parameters, runs[0].parameters) for run in runs)


def test_without_liars_it_is_data_parallel_training(simulated):
    words = (*PROBES, "aggregator=mean", "optimizer=sgd", "optimizer.lr=0.05", "seed=1")
    run, plain = simulated(*words), simulated(*words, "agreement=none")
    assert torch.allclose(run.parameters, plain.parameters, rtol=0, atol=1e-6)
    assert not torch.equal(run.parameters, simulated(*words, "seed=2").parameters)


@pytest.mark.parametrize("claims", CLAIMS)
@pytest.mark.parametrize("attack", ["reversed", "alie", "inner_product"])
def test_liars_are_convicted_and_nobody_else(simulated, attack, claims):
    """Who claims nothing is not convicted, but its sums are not taken."""
    run = simulated(*PROBES, *LIARS, f"attack={attack}", f"threat.claims={claims}", ranks=2)
    summary = run.summary
    assert summary["false_convictions"] == []
    assert summary["steps_skipped"] == 0
    assert summary["audits"] == len(summary["convicted"])
    assert run.metrics[-1]["distorted_fraction"] == 0
    if claims == "silent":
        assert {*summary["convicted"], *run.metrics[-1]["absent"]} == {1, 4, 6}
    else:
        assert summary["convicted"] == summary["evicted"] == [1, 4, 6]
    forged = sum(len(step.plan.teams) * line["distorted_fraction"]
                 for step, line in zip(run.steps, run.metrics, strict=True))  # fmt: skip
    assert 3 <= round(forged) <= 9


def test_liars_are_convicted_for_their_claims_alone(simulated):
    """Of sums that are not finite nobody says anything: they are left out."""
    run = simulated(*PROBES, *LIARS, "attack=nans", "threat.claims=frame")
    assert run.summary["convicted"] == [1, 4, 6]
    assert all("claimed a wrong fingerprint" in why for why in run.summary["reasons"].values())


def test_the_verdict_on_a_step_comes_before_the_sums_of_the_next_are_used(simulated):
    run = simulated(*PROBES, *LIARS, "threat.claims=lazy", "steps=3")
    assert run.metrics[1]["convicted"] == [1, 4, 6]
    assert [line["dropped_tasks"] for line in run.metrics] == [0, 3, 0]
    assert [line["distorted_fraction"] for line in run.metrics] == pytest.approx([3 / 7, 0, 0])


def test_a_sum_that_is_not_finite_is_left_out_and_convicts_nobody(simulated):
    run = simulated(*PROBES, *LIARS, "attack=nans", "steps=3")
    assert run.summary["convicted"] == []
    assert [line["not_finite"] for line in run.metrics] == [3, 3, 3]
    assert run.metrics[1]["absent"] == [1, 4, 6]
    assert torch.isfinite(run.parameters).all()


def test_the_last_probe_is_settled_before_the_end(simulated):
    """No step comes after it, and who checks whom is drawn: a liar may have a liar's vouch."""
    run = simulated(*PROBES, *LIARS, "steps=1", "threat.claims=lazy")
    assert run.summary["convicted"] == [1, 4, 6]
    assert run.summary["distorted_fraction_max"] == pytest.approx(3 / 7)


def test_an_integer_secret_repeats_the_run_and_another_draws_anew(simulated):
    words = (*PROBES, *LIARS, "probe.alert=0", "probe.share=0.5", "threat.claims=collude")
    first, again = (simulated(*words, ranks=w) for w in (1, 3))
    assert torch.equal(first.parameters, again.parameters)
    assert first.summary["reasons"] == again.summary["reasons"]
    others = [simulated(*words, f"defense.secret={n}").summary["reasons"] for n in (7, 8)]
    assert any(other != first.summary["reasons"] for other in others)


def test_survivors_share_all_tasks_where_their_number_is_given(simulated):
    run = simulated(*PROBES, *LIARS, "assignment.tasks=14", ranks=2)
    assert run.summary["evicted"] == [1, 4, 6]
    assert {line["tasks"] for line in run.metrics} == {14}
    plan = run.steps[-1].plan
    assert plan.samples.size == 70
    assert sorted(len(plan.holdings[w]) for w in (0, 2, 3, 5)) == [3, 3, 4, 4]


def test_the_mean_is_used_once_all_liars_are_known(simulated):
    few = (*PROBES, *LIARS, "steps=3")
    median, mean = (simulated(*few, f"defense.mean_when_certain={on}") for on in (False, True))
    assert not torch.equal(median.parameters, mean.parameters)


@pytest.mark.parametrize("steps", [1, 4])
def test_one_conviction_more_than_assumed_is_told_and_the_rule_assumes_all_it_can(simulated, steps):
    """It falls in step 1, or in the settlement after the last step."""
    words = (*PROBES, *LIARS, "defense.byzantine=2", "aggregator=trimmed_mean",
             "threat.claims=lazy", f"steps={steps}")  # fmt: skip
    run = simulated(*words)
    assert run.summary["convicted"] == [1, 4, 6]
    assert run.summary["steps_overwhelmed"] == max(1, steps - 1)
    notes = [line["note"] for line in run.metrics if line["note"]]
    assert len(notes) == 1
    assert "nothing is guaranteed any more" in notes[0]
    asked = simulated(*words, "defense.mean_when_certain=true")
    assert torch.equal(asked.parameters, run.parameters)


def test_the_server_receives_a_sum_a_worker_and_the_claims(simulated):
    run = simulated(*PROBES, "probe.share=1", "steps=3", ranks=1)
    size, blocks = len(run.parameters), -(-len(run.parameters) // 5000)
    sums = 7 * (4 * size + 48 * blocks)
    assert [s.bytes_received for s in run.steps[:2]] == [sums, sums + 7 * 32 + 48]


def test_a_sum_that_is_late_loses_its_step_and_not_the_link(simulated):
    """The others of step 1 are there at once; its blocks come in step 2 and are thrown away."""
    slow = when(late(2.0), rank=2, kind=Kind.SUM, since=1, until=1)
    run = simulated(*PROBES, ranks=3, schedule=slow)
    hosted = run.steps[0].hosting[2]
    assert [line["absent"] for line in run.metrics[:2]] == [[], hosted]
    assert run.steps[1].seconds == pytest.approx(1.0)
    assert run.lost == {}
    assert run.summary["convicted"] == []


def test_claims_that_do_not_come_take_the_sums_with_them(simulated):
    run = simulated(*PROBES, ranks=3, schedule=when(lose, rank=1, kind=Kind.CLAIMS, since=2))
    hosted = run.steps[0].hosting[1]
    assert [line["absent"] for line in run.metrics[:3]] == [[], [], hosted]
    assert run.summary["convicted"] == []
    assert run.summary["steps_skipped"] == 0
    assert run.lost == {}


BAD = {
    "no claims": when(change(payload=None), rank=2, kind=Kind.CLAIMS, since=1),
    "short": when(change(payload=torch.ones(3, dtype=torch.uint8)), 2, Kind.CLAIMS, since=1),
    "long": when(change(payload=torch.ones(999, dtype=torch.uint8)), 2, Kind.CLAIMS, since=1),
    "claims of a later step": when(change(step=9), rank=2, kind=Kind.CLAIMS, since=1),
    "another block": when(change(index=99), rank=2, kind=Kind.SUM, since=1),
    "another's sum": when(change(pull=0), rank=2, kind=Kind.SUM, since=1),
    "another kind": when(change(kind=Kind.ROWS), rank=2, kind=Kind.SUM, since=1),
    "a later step": when(change(step=9), rank=2, kind=Kind.SUM, since=1),
    "a block twice": when(change(index=0), rank=2, kind=Kind.SUM, since=1),
    "a power cut": when(die, rank=2, kind=Kind.SUM, since=1),
}


@pytest.mark.parametrize("fault", BAD.values(), ids=BAD)
def test_what_no_rank_may_send_costs_it_the_link_and_nobody_else_anything(simulated, fault):
    run = simulated(*PROBES, "steps=4", ranks=3, schedule=fault)
    assert set(run.lost) == {2}
    assert run.summary["convicted"] == []
    assert run.summary["steps_skipped"] == 0
    assert run.metrics[-1]["absent"] == run.steps[0].hosting[2]


def test_a_flipped_byte_convicts_the_sender(simulated):
    def flip(delivery):
        return change(payload=delivery.message.payload ^ 1)(delivery)

    run = simulated(*PROBES, ranks=7, schedule=when(flip, rank=3, kind=Kind.SUM, until=0))
    assert run.summary["convicted"] == run.steps[0].hosting[3] == run.metrics[1]["convicted"]


def reordered(delivery):
    """Each claim of a rank is about the source of another."""
    claims = delivery.message.payload.view(-1, 32)
    return change(payload=claims.roll(1, dims=0).flatten())(delivery)


NANS = torch.full((2,), torch.nan, dtype=torch.float64).view(torch.uint8)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (reordered, ()),
        (change(payload=NANS), ("probe.claim=product", "probe.tolerance=0.03")),
    ],
    ids=["for another source", "nan"],
)
def test_claims_that_are_no_claims_about_their_sources_convict_the_checkers(
    simulated, fault, words
):
    """Rank 2 of 3 hosts workers 3 and 4; whom they check is honest, and is not convicted."""
    spoilt = when(fault, rank=2, kind=Kind.CLAIMS, since=2, until=2)
    run = simulated(*PROBES, *words, ranks=3, schedule=spoilt)
    assert run.metrics[2]["convicted"] == run.summary["convicted"] == run.steps[0].hosting[2]
    assert run.summary["audits"] == 2
    assert run.lost == {}


SILENT = {
    "lost": (lose, 120.0),
    "for a step before": (change(step=0), 120.0),
    "empty": (lambda d: change(payload=torch.zeros_like(d.message.payload))(d), 0.0),
}


@pytest.mark.parametrize(("fault", "seconds"), SILENT.values(), ids=SILENT)
def test_where_all_checkers_are_silent_a_step_is_lost_and_nothing_else(simulated, fault, seconds):
    """The liars among them are convicted by the claims of the step after."""
    silence = when(fault, kind=Kind.CLAIMS, since=1, until=1)
    run = simulated(*PROBES, *LIARS, "threat.claims=lazy", ranks=3, schedule=silence)
    assert [line["skipped"] for line in run.metrics] == [False, True, *[False] * 6]
    assert run.steps[1].seconds == pytest.approx(seconds)
    assert run.summary["convicted"] == [1, 4, 6]
    assert run.summary["false_convictions"] == []
    assert run.lost == {}


class Killed(Exception):
    """The server is gone."""


def killed_after(step: int):
    """A report that ends the server when it is told of so many steps."""

    def report(done):
        if done.plan.step == step:
            raise Killed

    return report


def revealed(step: int):
    """A schedule that ends the server when its ranks are told who checks step `step`."""

    def kill(delivery):
        raise Killed

    return when(kill, kind=Kind.REVEAL, since=step + 1)


@pytest.mark.parametrize(
    ("report", "schedule", "out"),
    [
        (killed_after(0), on_time, []),  # the probe of step 0 is drawn, and nobody knows it
        (None, revealed(0), [1, 4, 6]),  # it is known, and no verdict is given
        (killed_after(1), on_time, [1, 4, 6]),  # it is settled
    ],
)
def test_a_start_after_a_kill_remembers_what_was_revealed(
    configure, tmp_path, report, schedule, out
):
    words = (*PROBES, *LIARS, f"probe.journal={tmp_path / 'journal'}", "threat.claims=lazy")
    with pytest.raises(Killed):
        simulate(recipe(configure(*words)), report, 1, schedule)
    steps = []
    server = simulate(recipe(configure(*words)), steps.append, 1)
    assert sorted(steps[0].plan.evicted) == out
    assert server.exchange.attempt == 2
    assert sorted(server.exchange.convicted) == [1, 4, 6]
    assert simulate(recipe(configure(*words)), None, 1).membership.status.sum() == 3


@pytest.fixture
def left(monkeypatch):
    """left(recipe, step) -> the exchange of a run that was ended after a step."""
    made = []

    def exchange(*words):
        made.append(sides.exchange(*words))
        return made[-1]

    def run(checked, step):
        monkeypatch.setattr(assembly, "exchange", exchange)
        with pytest.raises(Killed):
            simulate(checked, killed_after(step), 1)
        return made[-1]

    return run


def test_a_run_that_is_stopped_leaves_its_probe_to_the_next_start(configure, tmp_path, left):
    words = (*PROBES, *LIARS, "threat.claims=lazy")
    lost = left(recipe(configure(*words)), 0).leave()
    assert lost == "the probe of step 0 is not settled; without probe.journal nobody will"
    words = (*words, f"probe.journal={tmp_path / 'journal'}")
    exchange = left(recipe(configure(*words)), 0)
    for _ in range(2):
        assert exchange.leave().startswith("the probe of step 0 is not settled; a start with probe")
    steps = []
    simulate(recipe(configure(*words)), steps.append, 1)
    assert sorted(steps[0].plan.evicted) == [1, 4, 6]


def test_what_is_settled_or_was_not_probed_leaves_nothing(configure, tmp_path, left):
    words = (*PROBES, f"probe.journal={tmp_path / 'journal'}", "probe.alert=1", "probe.share=1e-9")
    assert left(recipe(configure(*words)), 3).leave() == ""


def test_a_probe_that_cannot_be_kept_is_told(configure, tmp_path, left):
    folder = tmp_path / "gone"
    folder.mkdir()
    exchange = left(recipe(configure(*PROBES, f"probe.journal={folder / 'journal'}")), 0)
    shutil.rmtree(folder)
    assert "is not settled, and could not be kept: " in exchange.leave()


@pytest.mark.ranks
def test_real_ranks_have_the_bits_of_a_simulated_run(train, simulated):
    words = (*PROBES, *LIARS, "threat.claims=collude", "steps=5")
    run, virtual = train(*words, ranks=2), simulated(*words, ranks=1)
    assert torch.equal(run.parameters, virtual.parameters)
    assert set(run.summary["reasons"]) == set(virtual.summary["reasons"]) == {"1", "4", "6"}
    assert run.summary["lost_ranks"] == {}
