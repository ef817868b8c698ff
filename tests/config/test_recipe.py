"""Bad input is refused by name before anything starts; good input becomes checked parts."""

import numpy as np
import pytest
import torch
from support import members

from robusttrain.config.recipe import recipe
from robusttrain.run import assembly


def server_of(built):
    return assembly.server(built, 3, torch.device("cpu"))


SINGLE = ["assignment=single", "agreement=none", "detector=none", "preaggregator=[]", "batch=150"]
HONEST = ["threat.byzantine=0", "defense.byzantine=0"]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["defense.byzantine=8"], ["defense.byzantine=8", "half of workers=15", "at most 7"]),
        (["defense.byzantine=-1"], ["defense.byzantine=-1", ">= 0"]),
        (["threat.byzantine=16"], ["threat.byzantine=16", "workers=15"]),
        (["threat.knowledge=all"], ["threat.knowledge=all", "omniscient"]),
        (["assignment.replication=1"], ["assignment.replication=1", ">= 2", "assignment=single"]),
        (["assignment.replication=17"], ["assignment.replication=17", "workers=15", "workers=17"]),
        (
            ["assignment=mols", "workers=14"],
            ["assignment=mols", "workers=14", "workers=12 or 15"],
        ),
        (
            ["assignment=repetition", "defense.byzantine=6", "batch=15"],
            ["defense.byzantine=6", "3 of its 5 tasks", "at most 5", "detector=audit", "best_effo"],
        ),
        (["permute=1"], ["permute=1", "true or false"]),
        (["defense.evict=yes please"], ["defense.evict=yes please", "true or false"]),
        (["defense.best_effort=2"], ["defense.best_effort=2", "true or false"]),
        (["defense.secret=-1"], ["defense.secret=-1", ">= 0"]),
        (
            ["aggregator=fools_gold"],
            ["fools_gold needs vectors of one worker", "assignment=single"],
        ),
        ([*SINGLE, "aggregator=monna"], ["trusted_worker=null", "set aggregator.trusted_worker"]),
        (
            [*SINGLE, "aggregator=monna", "aggregator.trusted_worker=15"],
            ["trusted_worker=15", "none of the 15 is", "set aggregator.trusted_worker"],
        ),
        (
            [*SINGLE, "aggregator=fools_gold", "preaggregator=[bucketing]"],
            ["fools_gold needs vectors of one worker each", "preaggregator=[]"],
        ),
        (
            [*SINGLE, "assignment.tasks=30", "aggregator=fools_gold"],
            ["fools_gold needs vectors of one worker each", "leave assignment.tasks null"],
        ),
        (
            [*SINGLE, "assignment.tasks=14"],
            ["assignment.tasks=14", "at least workers=15", "use assignment.tasks=15 or more"],
        ),
        (
            [*SINGLE, "assignment.tasks=40"],
            ["batch=150", "a multiple of the number of tasks, 40", "use batch=120 or batch=160"],
        ),
        (["aggregator=fl_trust"], ["aggregator=fl_trust", "root_samples=0", "root_samples=100"]),
        (
            ["aggregator=fl_trust", "defense.root_samples=null"],
            ["defense.root_samples=null", "whole number", "use 0"],
        ),
        (
            ["defense.root_samples=73"],
            ["root_samples=73", "1364 of 1437", "batch=1365", "at most 72"],
        ),
        (["defense.root_samples=2000"], ["root_samples=2000", "0 of 1437", "at most 72"]),
        *[
            ([f"defense.root_samples={value}"], [f"root_samples={value}", "whole number"])
            for value in ("-1", "2.5", "true", "many")
        ],
        (["probation.clean_steps=3"], ["probation.clean_steps=3", "defense.evict=true"]),
        (["defense.evict=true", "probation.clean_steps=0"], ["probation.clean_steps=0", ">= 1"]),
        (["probation.tasks=0"], ["probation.tasks=0", ">= 1"]),
        (["detector=audit", "audit.budget=-1"], ["audit.budget=-1", ">= 0", "null"]),
        (["detector=audit", "audit.random=-1"], ["audit.random=-1", ">= 0"]),
        (["audit.rank=4"], ["audit.rank=4", "1..3", "0 for the server"]),
        (["audit.rank=-1"], ["audit.rank=-1", ">= 0"]),
        (["audit.rank=1", "runtime.ranks=1"], ["runtime.ranks=1", "rank 1 aside", "audits"]),
        (["batch=400"], ["batch=400", "number of tasks, 455", "batch=455"]),
        (["batch=1000"], ["batch=1000", "multiple", "455", "batch=910 or batch=1365"]),
        (["batch=1820"], ["batch=1820", "1437 training samples", "batch=1365"]),
        (["workers=25", "batch=2300"], ["1437 training samples", "2300 tasks", "fewer workers"]),
        (
            ["workers=2", "assignment=single", "agreement=none", "batch=100", *HONEST],
            ["runtime.ranks=3", "workers=2"],
        ),
        (["workers=ten"], ["workers=ten", "whole number"]),
        (["steps=0"], ["steps=0", ">= 1"]),
        (["preaggregator.by_source.buckets=0"], ["buckets=0", ">= 1"]),
        (
            ["aggregator=krum", "aggregator.f=22"],
            ["krum needs n >= 2f+3", "n=15", "f=22", "median"],
        ),
        (["aggregator=krum", "defense.byzantine=7"], ["krum needs n >= 2f+3", "n=15", "f=7"]),
        (["aggregator=trimmed_mean", "aggregator.f=23"], ["trimmed_mean needs", "f=23", "median"]),
        (["agreement=none"], ["agreement=none", "agreement=digest", "assignment=single"]),
        (["placement.workers=[1,2]"], ["placement.workers=[1, 2]", "threat.byzantine=3"]),
        (["placement.workers=[1,2,15]"], ["placement.workers", "between 0 and 14"]),
        (["target.size=-1"], ["target.size=-1", ">= 0"]),
        (["objective.vectorize=map"], ["objective.vectorize=map", "vmap, loop, batched or auto"]),
        (["runtime.backend=mpi"], ["runtime.backend=mpi", "tls, gloo or nccl; use tls"]),
        (["runtime.deadline=0"], ["runtime.deadline=0", "> 0"]),
        (["runtime.deadline=soon"], ["runtime.deadline=soon", "must be a number"]),
        (["wandb.mode=maybe"], ["wandb.mode=maybe", "online or offline"]),
        (["runtime.device=frob"], ["runtime.device=frob", "use auto, cpu or cuda"]),
        (["runtime.device=cpu", "runtime.backend=nccl"], ["runtime.backend=nccl", "GPU", "tls"]),
        (["runtime.port=70000"], ["runtime.port=70000", "65535"]),
        (
            ["data=cifar10", "data.root=/nowhere"],
            ["data.root=/nowhere", "CIFAR-10", "download=true"],
        ),
        (["data=mnist", "data.root=/nowhere"], ["data.root=/nowhere", "MNIST", "download=true"]),
        (["model._target_=models.batch_norm"], ["BatchNorm2d", "GroupNorm"]),
        (["model._target_=models.dropout"], ["Dropout", "p=0"]),
        (["model=resnet18", "model.groups=5"], ["model.groups=5", "divide 64"]),
    ],
)
def test_bad_input_is_refused_by_key_value_rule_and_remedy(configure, overrides, words):
    if any("models." in o for o in overrides):
        overrides = [*overrides, "~model.channels", "~model.hidden"]
    with pytest.raises(ValueError) as caught:
        recipe(configure(*overrides))
    for word in words:
        assert word in str(caught.value)


def test_the_samples_that_the_server_keeps_may_be_all_but_a_batch(configure):
    built = recipe(configure("aggregator=fl_trust", "defense.root_samples=72"))
    assert len(built.planner.root) == 72
    assert np.intersect1d(built.planner(0).samples, built.planner.root).size == 0
    assert server_of(built).root.samples is built.planner.root


def numbers(built) -> tuple[int, int, int]:
    return built.exposure.forged.ceiling, built.exposure.bad, built.exposure.rows


def test_a_rule_left_open_assumes_what_the_liars_can_spoil(configure):
    built = recipe(configure("aggregator=trimmed_mean"))
    assert numbers(built) == (10, 3, 15)
    assert built.defense.pipeline.rule.f == 3
    built = recipe(configure("aggregator=trimmed_mean", "aggregator.f=4"))
    assert built.defense.pipeline.rule.f == 4
    built = recipe(configure("experiment=digits_undefended", "aggregator=krum"))
    assert built.defense.pipeline.rule.f == 3


def test_a_bound_that_is_passed_knowingly_is_passed(configure):
    refused = ["assignment=repetition", "defense.byzantine=6", "batch=15"]
    built = recipe(configure(*refused, "defense.best_effort=true"))
    assert built.exposure.forged.count == 3
    assert recipe(configure(*refused, "detector=audit")).exposure.forged.count == 2


def test_an_audit_is_set_up_as_configured(configure):
    built = recipe(
        configure("detector=audit", "aggregator=trimmed_mean", "audit.random=2", "audit.rank=2")
    )
    assert type(built.detector).__name__ == "Audit"
    assert (built.detector.budget, built.detector.random) == (None, 2)
    assert built.defense.pipeline.rule.f == 1  # all three liars of one task
    assert built.hosting(3) == {1: list(range(8)), 2: [], 3: list(range(8, 15))}
    assert server_of(built).auditor.rank == 2
    built = recipe(configure("detector=audit", "audit.budget=1", "detector@detector.inner=clique"))
    assert type(built.detector.inner).__name__ == "Clique"
    assert built.exposure.forged.count == 37


STATUS = np.array([1, 1] + [0] * 13, np.uint8)


def test_the_defence_of_the_survivors_is_made_for_them(configure):
    """Two are out: 286 tasks and one liar left to assume, who wins nothing; then one more."""
    built = recipe(configure("aggregator=trimmed_mean", "defense.evict=true"))
    found = built.defend(STATUS)
    assert (found.byzantine, found.evicted, found.pipeline.rule.f) == (1, 2, 0)
    assert (built.defense.byzantine, built.defense.evicted) == (3, 0)
    assert len(built.planner(5, STATUS).teams) == 286
    with pytest.raises(ValueError, match="no scheme with 3 copies of a task exists for 2 workers"):
        built.defend(np.array([1] * 13 + [0] * 2, np.uint8))


def test_permuted_plans_are_made_if_asked_for(configure):
    fixed, permuted = (
        recipe(
            configure("assignment=mols", "batch=100", "preaggregator=[]", f"permute={word}")
        ).planner
        for word in ("false", "true")
    )
    assert np.array_equal(fixed(0).teams, fixed(1).teams)
    assert not np.array_equal(permuted(0).teams, permuted(1).teams)


@pytest.mark.parametrize("path", members("experiment"), ids=lambda path: path.stem)
def test_presets_compose_and_pass_the_checks(configure, path):
    pictures = ["data=synthetic", "data.train_size=50000"] if "cifar10" in path.stem else []
    built = recipe(configure(f"experiment={path.stem}", *pictures))
    server_of(built)
    if path.stem == "cifar10_aspis":
        assert built.layout.size == 11_173_962
        assert numbers(built) == (2, 2, 15)
    if path.stem == "digits_audit":
        assert numbers(built) == (1, 1, 15)
    if path.stem == "cifar10_probe":
        assert numbers(built) == (7, 7, 15)
        assert built.planner(0).samples.shape == (15, 4 * built.objective.chunk)


def test_any_component_can_be_exchanged_in_any_preset(configure):
    built = recipe(configure("attack=alie", "optimizer=sgd", "schedule=step", "placement=window"))
    assert type(built.threat.attack).__name__ == "Alie"
    assert type(built.threat.placement).__name__ == "Window"
    server_of(built)
    built = recipe(
        configure(
            "experiment=cifar10_aspis", "data=synthetic", "preaggregator=[]", "optimizer=adam"
        )
    )
    assert built.defense.pipeline.stages == ()
    server_of(built)


def test_the_model_starts_the_same_and_leaves_global_randomness_alone(configure):
    state = torch.random.get_rng_state()
    first, again = recipe(configure()), recipe(configure())
    assert torch.equal(state, torch.random.get_rng_state())
    other = recipe(configure("seed=1"))
    weights = [next(r.model.parameters()) for r in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_fingerprints_tell_configurations_apart_but_not_names(configure):
    same = recipe(configure("run.name=a")).fingerprint()
    assert recipe(configure("run.name=b")).fingerprint() == same
    assert recipe(configure("defense.secret=1")).fingerprint() == same
    assert recipe(configure("seed=1")).fingerprint() != same
    assert recipe(configure("defense.evict=true")).fingerprint() != same


def test_fingerprints_tell_data_apart(configure, small):
    own = (*small, "batch=50", "data=own", "model._target_=own_parts.Net")
    words = ("data.make=own_data.make_data", "data.make=own_data.make_unseeded")
    same, other = ([recipe(configure(*own, w)).fingerprint() for _ in range(2)] for w in words)
    assert same[0] == same[1]
    assert other[0] != other[1]
