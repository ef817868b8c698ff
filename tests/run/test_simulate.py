"""Whole runs in one process: bits that ranks do not change, faults by schedule."""

import threading
from itertools import pairwise

import pytest
import torch
from simulation import change, die, garble, late, lose, when

from robusttrain.comm.link import Kind, table
from robusttrain.comm.machine import Machine
from robusttrain.config.recipe import recipe
from robusttrain.protocol.root import Root
from robusttrain.protocol.worker import Worker
from robusttrain.run.simulate import numerics, simulate
from robusttrain.training.gradient.full import Gradients

RANKS = 3  # rank 1 hosts workers 0 and 1, rank 2 workers 2 and 3, rank 3 worker 4
AUDITED = (
    "detector=audit", "audit.rank=3", "threat.byzantine=1", "target=all", "placement.workers=[1]",
)  # fmt: skip


@pytest.mark.parametrize("attack", ["alie", "stale", "label_flip"])
def test_any_number_of_ranks_gives_the_same_bits(simulated, small, attack):
    overrides = (
        *small, f"attack={attack}", "threat.byzantine=2", "defense.byzantine=2", "target=majority",
        "detector=none", "preaggregator=[bucketing]", "aggregator=geometric_median",
        "runtime.block=1000",
    )  # fmt: skip
    first, *others = (simulated(*overrides, ranks=w).parameters for w in (1, 3, 5))
    assert all(torch.equal(first, other) for other in others)


def test_the_same_recipe_gives_the_same_run_again_though_its_rule_remembers(configure, small):
    overrides = (*small, "aggregator=centered_clipping", "aggregator.radius=0.1")
    checked, logs = recipe(configure(*overrides), RANKS), []

    def record(delivery):
        payload = delivery.message.bytes().tobytes()
        logs[-1].append((delivery.rank, delivery.up, delivery.time, payload))
        return (delivery,)

    runs = []
    for _ in range(2):
        logs.append([])
        runs.append(simulate(checked, ranks=RANKS, schedule=record).parameters)
    assert torch.equal(*runs)
    assert logs[0] == logs[1]


OWN = (
    "aggregator=fl_trust", "defense.root_samples=40", "assignment=single", "agreement=none",
    "detector=none", "preaggregator=[]", "augment=crop_flip", "runtime.block=1000",
)  # fmt: skip


def test_a_root_gradient_withstands_more_liars_than_honest_workers(simulated, small):
    run = simulated(
        *small, *OWN, "augment=none", "threat.byzantine=4", "attack=sign_flip", "target=all",
        "steps=20", "batch=200",
    )  # fmt: skip
    assert run.summary["test_accuracy"] > 0.7


def test_a_root_gradient_has_the_same_bits_on_any_ranks_and_outlives_an_eviction(simulated, small):
    lies = (
        "threat.byzantine=1", "attack=nans", "target=all", "placement.workers=[3]",
        "defense.evict=true", "defense.mean_when_certain=false",
    )  # fmt: skip
    first, *others = (simulated(*small, *OWN, *lies, ranks=w) for w in (1, 3))
    assert first.summary["convicted"] == [3]
    assert [step.outcome.direction is None for step in first.steps] == [False] * 3
    assert all(torch.equal(first.parameters, other.parameters) for other in others)


def test_a_root_gradient_is_that_of_the_parameters_of_each_step(configure, small, monkeypatch):
    given, gradient = [], Root.gradient

    def noted(self, recompute, step, parameters):
        given.append((step, parameters.clone()))
        return gradient(self, recompute, step, parameters)

    monkeypatch.setattr(Root, "gradient", noted)
    end = simulate(recipe(configure(*small, *OWN), 1), ranks=1).parameters
    assert [step for step, _ in given] == [0, 1, 2]
    moved = [given[0][1], given[1][1], given[2][1], end]
    assert not any(torch.equal(a, b) for a, b in pairwise(moved))


@pytest.mark.parametrize("permute", ["false", "true"])
def test_a_history_is_its_workers_in_a_run(configure, small, permute, monkeypatch):
    """FoolsGold's sums against all rows, added up by who computed them."""
    computed, compute = [], Gradients.rows

    def noted(self, parameters, plan, tasks, out):
        rows = compute(self, parameters, plan, tasks, out)
        computed.append((plan.teams[tasks, 0], rows.clone()))
        return rows

    monkeypatch.setattr(Gradients, "rows", noted)
    overrides = ("aggregator=fools_gold", "defense.root_samples=0", f"permute={permute}")
    checked = recipe(configure(*small, *OWN[2:], *overrides), 1)
    server = simulate(checked, ranks=1)
    sums = torch.zeros(5, checked.layout.size)
    for workers, rows in computed:
        sums[workers] += rows
    assert len(computed) == 3
    state = server.defend.start.pipeline.rule.memory.state_dict()
    assert sorted(state["workers"].tolist()) == list(range(5))
    assert torch.equal(state["history"], sums[state["workers"]])


def test_without_the_trusted_workers_row_steps_are_skipped_and_it_is_not_evicted(simulated, small):
    run = simulated(
        *small, *OWN[2:], "aggregator=monna", "aggregator.trusted_worker=3", "threat.byzantine=1",
        "attack=nans", "target=all", "placement.workers=[3]", "defense.evict=true",
        "defense.mean_when_certain=false",
    )  # fmt: skip
    assert run.summary["steps_skipped"] == 3
    for step in run.steps:
        assert step.outcome.note.startswith("monna needs a finite vector of trusted_worker=3; none")
    assert run.steps[0].changes[0].startswith("worker 3 cannot be evicted: monna needs a finite")


def test_runs_without_a_secret_differ_in_their_draws_and_an_integer_repeats_one(configure, small):
    overrides = (*small, "detector=audit", "audit.random=4", "preaggregator=[bucketing]",
                 "preaggregator.bucketing.buckets=5", "aggregator=median")  # fmt: skip

    def run(secret):
        steps = []
        built = recipe(configure(*overrides, f"defense.secret={secret}"), 1)
        server = simulate(built, steps.append, 1)
        return server, [step.outcome.verdict.audited for step in steps]

    (first, audits), (second, others) = run("null"), run("null")
    again, same = run(first.secret)
    assert first.secret != second.secret
    assert audits != others
    assert not torch.equal(first.parameters, second.parameters)
    assert (again.secret, same) == (first.secret, audits)
    assert torch.equal(again.parameters, first.parameters)


def test_a_simulated_conviction_names_this_process(simulated, small):
    run = simulated(*small, ranks=RANKS, schedule=when(garble, rank=3, kind=Kind.COMMIT))
    here = str(Machine.here(torch.device("cpu")))
    (line,) = run.metrics[0]["first_convicted"]
    assert line.startswith(f"worker 4 on rank 3 ({here}): ")
    assert run.summary["hosts"]["3"]["workers"] == [4]


def settings():
    return (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
        torch.backends.cudnn.benchmark,
        torch.backends.cudnn.allow_tf32,
        torch.backends.cuda.matmul.allow_tf32,
    )


def test_torch_and_threads_are_left_as_they_were(configure, small):
    checked, count = recipe(configure(*small, "steps=1"), RANKS), threading.active_count()
    with numerics(1):  # restores what the rest of this test changes
        torch.set_num_threads(2)
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = True
        before, during = settings(), []

        def broken(step):
            during.append(settings())
            raise KeyError("report")

        with pytest.raises(KeyError, match="report"):
            simulate(checked, broken, RANKS)
        assert settings() == before
        assert during[0][:3] == (1, True, False)
    assert threading.active_count() == count


def test_a_rank_that_falls_silent_is_suspended_and_training_goes_on(simulated, small):
    run = simulated(*small, ranks=RANKS, schedule=when(lose, rank=2, since=1))
    assert run.lost == {}
    assert [step.seconds for step in run.steps] == [0, 120, 0]
    assert [line["silent"] for line in run.metrics] == [[], [2, 3], [2, 3]]
    assert torch.isfinite(run.parameters).all()


@pytest.mark.parametrize("after", [1, 2])
def test_a_suspended_rank_is_back_when_it_has_answered(simulated, small, after):
    """Its answers are lost until it is suspended; it is waited for from the step after next."""
    run = simulated(
        *small, "steps=6", f"membership.suspend_after={after}", ranks=RANKS,
        schedule=when(lose, rank=2, kind=Kind.COMMIT, since=1, until=after),
    )  # fmt: skip
    told = [change for step in run.steps for change in step.changes]
    quiet = [line["silent"] for line in run.metrics]
    assert quiet == [[], *[[2, 3]] * (after + 1), *[[]] * (4 - after)]
    assert [step.seconds for step in run.steps] == [0, *[120] * after, *[0] * (5 - after)]
    assert sorted(told) == [
        "no worker is silent any more",
        "rank 2 (workers 2, 3) is back",
        "rank 2 (workers 2, 3) is suspended until it answers: it was late at COMMIT",
        "silent: 2, 3; with 0 known liars that is more than defense.byzantine=1: nothing is "
        "certified until some are back",
    ]
    assert run.summary["steps_exceeded"] == after + 1


def test_a_rank_that_is_late_changes_nothing_but_the_time(simulated, small):
    prompt = simulated(*small, ranks=RANKS)
    run = simulated(*small, ranks=RANKS, schedule=when(late(100), rank=2, kind=Kind.COMMIT))
    assert torch.equal(run.parameters, prompt.parameters)
    assert [step.seconds for step in run.steps] == [100] * 3
    assert run.lost == {}


@pytest.mark.parametrize(("seconds", "silent"), [(100, []), (130, [0, 1])])
def test_slow_workers_are_late_on_the_virtual_clock(simulated, small, seconds, silent):
    run = simulated(
        *small, f"fault=[{{worker: 1, step: 0, phase: commit, do: slow, seconds: {seconds}}}]",
        ranks=RANKS,
    )  # fmt: skip
    assert (run.lost, run.metrics[0]["silent"]) == ({}, silent)
    assert run.steps[0].seconds == min(seconds, 120)


def test_garbled_rows_convict_their_worker_and_not_its_rank(simulated, small):
    run = simulated(*small, ranks=RANKS, schedule=when(garble, rank=1, kind=Kind.ROWS))
    reasons = run.summary["reasons"].values()
    assert set(run.summary["convicted"]) <= {0, 1}
    assert all("breaks its commitment" in reason for reason in reasons)
    assert len(reasons) > 0
    assert run.lost == {}


def test_garbled_commitments_convict_their_worker(simulated, small):
    run = simulated(*small, ranks=RANKS, schedule=when(garble, rank=3, kind=Kind.COMMIT))
    assert run.lost == {}
    assert [line["convicted"] for line in run.metrics] == [[4]] * 3


@pytest.mark.parametrize("kind", [Kind.COMMIT, Kind.LEAVES, Kind.ROWS])
def test_a_reply_of_the_wrong_size_costs_the_rank(simulated, small, kind):
    wrong = change(payload=table(b"short"))
    run = simulated(*small, ranks=RANKS, schedule=when(wrong, rank=1, kind=kind, since=1))
    assert run.lost[1].startswith(f"broke the protocol: ('{kind.name}', 1, ")
    assert len(run.steps) == 3


@pytest.mark.parametrize(
    "kind", [Kind.PUBLISH, Kind.COMMIT, Kind.PULL, Kind.LEAVES, Kind.BLOCK, Kind.ROWS]
)
def test_a_rank_that_dies_in_any_phase_is_replaced_by_other_holders(simulated, small, kind):
    """All are honest and every task has three holders, so the result is the same."""
    run = simulated(*small, ranks=RANKS, schedule=when(die, rank=1, kind=kind, since=1))
    clean = simulated(*small, ranks=RANKS)
    assert list(run.lost) == [1]
    assert run.lost[1].endswith("power cut")
    assert len(run.steps) == 3
    assert run.steps[1].lost == run.lost
    assert [line["convicted"] for line in run.metrics] == [[]] * 3
    assert torch.equal(run.parameters, clean.parameters)


@pytest.mark.parametrize("kind", [Kind.AUDIT, Kind.TRUTH])
@pytest.mark.parametrize("action", [lose, die])
def test_the_server_audits_itself_when_the_trusted_rank_is_lost(simulated, small, kind, action):
    schedule = when(action, rank=3, kind=kind, since=1)
    run = simulated(*small, *AUDITED, ranks=RANKS, schedule=schedule)
    clean = simulated(*small, *AUDITED, ranks=RANKS)
    assert list(run.lost) == ([3] if action is die else [])
    assert torch.equal(run.parameters, clean.parameters)
    for line in run.metrics:
        assert (line["convicted"], line["absent"], len(line["audited"])) == ([1], [], 1)


def test_a_rank_that_replays_all_earlier_steps_changes_nothing(simulated, small):
    sent = []

    def replay(delivery):
        sent.append(delivery)
        old = [one for one in sent if one.message.step < delivery.message.step]
        return (*old, delivery)

    run = simulated(*small, ranks=RANKS, schedule=when(replay, rank=2))
    assert run.lost == {}
    assert torch.equal(run.parameters, simulated(*small, ranks=RANKS).parameters)


def test_an_exception_in_a_worker_is_why_its_rank_is_lost(simulated, small, monkeypatch):
    answer = Worker.answer

    def failing(worker, plan, parameters):
        if 2 in worker.hosted and plan.step == 1:
            raise OSError("disk full")
        return answer(worker, plan, parameters)

    monkeypatch.setattr(Worker, "answer", failing)
    run = simulated(*small, ranks=RANKS)
    assert run.lost == {2: "broke: OSError: disk full"}


def test_without_ranks_the_run_ends_with_an_error(configure, small):
    checked, steps = recipe(configure(*small), 2), []
    with pytest.raises(RuntimeError, match="no worker rank is left after step 1"):
        simulate(checked, steps.append, 2, when(die, kind=Kind.COMMIT, since=1))
    assert set(steps[-1].lost) == {1, 2}


def test_all_parts_may_be_the_users_own(simulated, small):
    """The rule holds against the attack, the detector's verdict counts, the measures are told."""
    own = (
        *small, "data=own", "data.make=own_parts.numbers", "model._target_=own_parts.Net",
        "+model.classes=1", "objective.loss=own_parts.absolute", "steps=60",
        "objective.metric=own_parts.within", "optimizer._target_=torch.optim.NAdam",
        "optimizer.lr=0.03",
    )  # fmt: skip
    before = simulated(*own, "steps=1").summary
    honest = simulated(*own).summary
    assert set(honest) >= {"test_loss", "test_within"}
    assert "test_accuracy" not in honest
    assert honest["test_loss"] < before["test_loss"] / 2
    attacked = (
        *own, "attack._target_=own_parts.Push", "threat.byzantine=2", "defense.byzantine=2",
        "target=majority", "placement.workers=[3,4]", "aggregator=foreign",
    )  # fmt: skip
    defended = simulated(
        *attacked, "aggregator.rule=own_parts.middle", "detector._target_=own_parts.Suspicious"
    ).summary
    assert defended["test_loss"] < before["test_loss"] / 2
    assert defended["convicted"] == [0]
    assert defended["reasons"]["0"] == "step 0: it is worker 0"
