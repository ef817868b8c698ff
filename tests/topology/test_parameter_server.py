"""Whole runs of the protocol: what is learnt, what is forged, who is convicted, what is sent."""

import os
from math import comb

import numpy as np
import pytest
import torch
from support import ROOT
from torch.nn.functional import cross_entropy

from robusttrain.comm.link import Kind, Message
from robusttrain.config.recipe import recipe
from robusttrain.protocol.answerer import Answerer
from robusttrain.topology.parameter_server import work


@pytest.mark.ranks
def test_a_default_run_on_real_ranks_has_the_bits_of_a_simulated_one(train, simulated):
    """And leaves its files, and counts its bytes: headers, and one leaf a row, are the rest."""
    overrides, steps = ("steps=3", "evaluate_every=2"), 3
    run = train(*overrides, ranks=2)
    summary = run.summary
    assert summary["finished"]
    assert summary["steps"] == steps
    assert "test accuracy" in run.output
    assert {"config.yaml", "certificate.json"} <= {path.name for path in run.folder.iterdir()}

    size, copies, tasks = len(run.parameters), 1365, 455
    assert summary["bytes_if_all_copies_were_sent"] == copies * size * 4
    overhead = summary["bytes_to_server_per_step"] - tasks * size * 4 - 32 * copies
    assert 0 <= overhead <= 32 * tasks + 2 * 5 * 48

    lines = [line for line in run.metrics if line["kind"] == "step"]
    evaluations = [line["step"] for line in run.metrics if line["kind"] == "evaluation"]
    assert [line["step"] for line in lines] == list(range(steps))
    assert evaluations == [2, 3]

    virtual = simulated(*overrides, ranks=2)
    assert torch.equal(run.parameters, virtual.parameters)
    for line in (*lines, *virtual.metrics):
        del line["seconds"]
    for line in lines:
        assert not line.pop("divergent")
        assert line.pop("warning") == ""
    assert lines == virtual.metrics
    assert summary["test_accuracy"] == virtual.summary["test_accuracy"]


def test_the_default_run_trains_through_the_attack(simulated):
    run = simulated("steps=50")
    assert run.summary["test_accuracy"] >= 0.95
    assert run.summary["false_convictions"] == []
    assert run.summary["distorted_fraction_max"] == pytest.approx(10 / 455, abs=1e-12)
    assert run.summary["distorted_fraction_mean"] == pytest.approx(10 / 455, abs=1e-12)


def test_undefended_the_attack_wins(simulated):
    run = simulated("experiment=digits_undefended", "steps=20")
    assert run.summary["test_accuracy"] <= 0.3
    assert run.summary["distorted_fraction_mean"] == pytest.approx(3 / 15)


def test_an_honest_run_is_accurate(simulated):
    few = ("workers=5", "batch=200", "steps=150", "preaggregator=[]", "aggregator=mean")
    run = simulated("experiment=digits_honest", *few, "defense.byzantine=1")
    assert run.summary["test_accuracy"] >= 0.98
    assert run.summary["convicted"] == []
    assert run.summary["distorted_fraction_max"] == 0


def test_overt_liars_are_convicted_in_the_first_step(simulated):
    run = simulated("target=all", "steps=2")
    reasons = run.summary["reasons"]
    assert len(reasons) == 3
    assert all(why == "step 0: disagrees with 12 workers" for why in reasons.values())
    liars = sorted(int(worker) for worker in reasons)
    assert run.metrics[0]["convicted"] == run.summary["convicted"] == liars
    assert run.summary["missed"] == run.summary["false_convictions"] == []
    assert run.summary["distorted_fraction_max"] == 0
    assert run.metrics[0]["dropped_tasks"] == comb(3, 3)


def test_more_liars_than_assumed_are_survived_and_reported(simulated, small):
    run = simulated(
        *small, "threat.byzantine=2", "defense.byzantine=1", "target=all",
        "attack=constant", "attack.value=3e38",
    )  # fmt: skip
    assert run.summary["steps_overwhelmed"] == 3
    assert run.summary["convicted"] == []
    assert len(run.summary["missed"]) == 2


@pytest.mark.parametrize(("q", "forged"), [(5, 60), (7, 182)])
def test_the_optimal_attack_distorts_half_of_two_q_choose_r(simulated, q, forged):
    run = simulated(f"threat.byzantine={q}", f"defense.byzantine={q}", "steps=2")
    assert forged == comb(2 * q, 3) // 2
    for line in run.metrics:
        assert line["distorted_fraction"] == pytest.approx(forged / 455, abs=1e-12)
        assert line["convicted"] == []


@pytest.mark.parametrize("detector", ["clique", "cover"])
def test_a_smaller_disagreement_set_convicts_no_honest_worker(simulated, detector):
    run = simulated(
        f"detector={detector}", "threat.byzantine=7", "defense.byzantine=7", "target.size=6",
        "steps=2",
    )  # fmt: skip
    assert run.summary["false_convictions"] == []


def sgd(config, steps: int) -> torch.Tensor:
    """Plain SGD over the same batches."""
    parts = recipe(config)
    train_set, _ = parts.data.load()
    model, layout = parts.model, parts.layout
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for step in range(steps):
        plan = parts.planner(step)
        inputs, labels = train_set.read(plan.samples.copy(), plan.seeds)
        outputs = model(train_set.prepare(inputs).flatten(0, 1))
        optimizer.zero_grad()
        cross_entropy(outputs, labels.flatten()).backward()
        optimizer.step()
    named = {name: p.detach() for name, p in model.named_parameters()}
    return layout.pack(named, torch.empty(layout.size))


def test_without_an_attack_it_is_sgd_for_any_number_of_ranks(simulated, small, configure):
    overrides = (*small, "steps=6", "optimizer=sgd", "optimizer.lr=0.05", "schedule=constant")
    results = [simulated(*overrides, ranks=w).parameters for w in (1, 3)]
    assert torch.equal(results[0], results[1])
    expected = sgd(configure(*overrides), 6)
    assert torch.allclose(results[0], expected, rtol=0, atol=1e-6)


def test_the_same_configuration_gives_the_same_bits_under_attack(simulated, small):
    overrides = (
        *small, "threat.byzantine=1", "placement=random", "attack=alie", "target=majority",
        "aggregator=geometric_median", "preaggregator=[bucketing]",
        "preaggregator.bucketing.buckets=7", "augment=crop_flip", "runtime.block=1000",
    )  # fmt: skip
    first, again = (simulated(*overrides, ranks=w) for w in (1, 3))
    assert torch.equal(first.parameters, again.parameters)


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (("attack=nans",), "not finite"),
        (("attack=infs",), "not finite"),
        (("attack=equivocate",), "breaks its commitment"),
    ],
)
def test_worthless_rows_convict_and_training_goes_on(simulated, small, attack, reason):
    run = simulated(
        *small, "threat.byzantine=2", "defense.byzantine=2", "placement.workers=[1,4]", *attack,
        "target=majority", "runtime.block=1000", "detector=none",
    )  # fmt: skip
    summary = run.summary
    assert summary["steps_skipped"] == 0
    assert summary["convicted"]
    assert set(summary["convicted"]) <= {1, 4}
    assert summary["false_convictions"] == []
    assert all(reason in why for why in summary["reasons"].values())
    assert summary["distorted_fraction_max"] == 0
    assert torch.isfinite(run.parameters).all()


def test_worthless_rows_convict_without_redundancy(simulated, small):
    run = simulated(
        *small, "threat.byzantine=1", "placement.workers=[3]", "attack=nans",
        "target=all", "assignment=single", "agreement=none", "detector=none",
        "aggregator=krum", "aggregator.f=0",
    )  # fmt: skip
    assert run.summary["convicted"] == [3]
    assert run.summary["false_convictions"] == []
    assert torch.isfinite(run.parameters).all()


@pytest.mark.parametrize("reads_ahead", [False, True])
def test_the_next_step_is_expected_once_the_commitments_are_sent(reads_ahead):
    """With the members of that time; whether a worker rank says so is its own to know."""
    log, status = [], np.array([1, 0], np.uint8)
    empty, whole = torch.empty(0, dtype=torch.uint8), torch.zeros(4, dtype=torch.uint8)
    messages = [
        Message(Kind.PUBLISH, 0, payload=whole),
        Message(Kind.AUDIT, 0, payload=empty),
        Message(Kind.MEMBERS, 0, payload=torch.from_numpy(status)),
        Message(Kind.PUBLISH, 1, payload=whole),
        Message(Kind.STOP, 1),
    ]

    class OneRank:
        device = torch.device("cpu")

        def receive(self, limit, wait):
            return messages.pop(0)

        def send(self, reply, wait):
            log.append(reply.kind)

        def late(self, step):
            return False

        def answer(self, plan, parameters):
            log.append(plan)
            return self

        def expect(self, plan):
            log.append(("expect", *plan))

        def commitments(self, plan):
            return b""

        def roots(self, *arguments):
            return b""

    rank = OneRank()
    rank.recompute, rank.reads_ahead = rank, reads_ahead
    work(Answerer(rank), rank, lambda *now: now, 1, 1.0)
    first, second = [("expect", 1, None)], [("expect", 2, status.tolist())]
    log = [(*e[:-1], e[-1].tolist()) if isinstance(e, tuple) and e[-1] is not None else e
           for e in log]  # fmt: skip
    assert log == [
        (0, None), Kind.COMMIT, *first * reads_ahead, Kind.TRUTH,
        (1, status.tolist()), Kind.COMMIT, *second * reads_ahead,
    ]  # fmt: skip


@pytest.mark.ranks
def test_data_read_ahead_on_real_ranks_gives_the_bits_of_a_simulation_from_memory(
    train, simulated, small, monkeypatch
):
    """The server reads too: the rule goes by a gradient of its own samples."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "tests"))))
    overrides = (
        *small, "batch=20", "steps=8", "evaluate_every=4", "threat.byzantine=2",
        "defense.byzantine=2", "attack=alie", "target=majority", "detector=none",
        "model._target_=own_data.Mlp", "data=own", "data.classes=3", "aggregator=fl_trust",
        "defense.root_samples=10", "runtime.block=50",
    )  # fmt: skip
    run = train(*overrides, "data.make=own_data.make_items", "data.processes=2", ranks=2)
    virtual = simulated(*overrides, "data.make=own_data.make_data", ranks=1)
    assert torch.equal(run.parameters, virtual.parameters)
    assert run.summary["steps_skipped"] == 0
    assert run.summary["test_loss"] == virtual.summary["test_loss"]
    ahead = (*overrides, "data.make=own_data.make_items", "data.processes=1")
    assert torch.equal(simulated(*ahead, ranks=3).parameters, virtual.parameters)


def test_silent_workers_are_absent_and_their_rank_goes_on(simulated, small):
    run = simulated(
        *small, "fault=[{worker: 2, step: 0, steps: 3, phase: commit, do: silent}]", ranks=3
    )
    for line in run.metrics:
        assert (line["absent"], line["convicted"], line["dropped_tasks"]) == ([2], [], 0)
    assert run.lost == {}
