"""Bad input is refused by name before anything starts; good input becomes checked parts."""

import pytest
import torch

from robusttrain import settings
from robusttrain.build import recipe
from robusttrain.core.device import choose_device

HONEST = ["threat.byzantine=0", "defense.byzantine=0"]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["defense.byzantine=8"], ["defense.byzantine=8", "half of workers=15", "at most 7"]),
        (["defense.byzantine=-1"], ["defense.byzantine=-1", ">= 0"]),
        (["threat.byzantine=16"], ["threat.byzantine=16", "workers=15"]),
        (["threat.knowledge=all"], ["threat.knowledge=all", "omniscient"]),
        (["assignment.replication=4"], ["assignment.replication=4", "odd", "use 3 or 5"]),
        (["assignment.replication=17"], ["assignment.replication=17", "workers=15", "lower it"]),
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
        (["pre.bucketing.buckets=0"], ["buckets=0", ">= 1"]),
        (
            ["aggregator=krum", "aggregator.f=22"],
            ["krum needs n >= 2f+3", "n=45", "f=22", "median"],
        ),
        (["aggregator=krum", "defense.byzantine=5"], ["krum needs n >= 2f+3", "n=45", "f=45"]),
        (["aggregator=trimmed_mean", "aggregator.f=23"], ["trimmed_mean needs", "f=23", "median"]),
        (["agreement=none"], ["agreement=none", "agreement=digest", "assignment=single"]),
        (["who.workers=[1,2]"], ["who.workers=[1, 2]", "threat.byzantine=3"]),
        (["who.workers=[1,2,15]"], ["who.workers", "between 0 and 14"]),
        (["targets.size=-1"], ["targets.size=-1", ">= 0"]),
        (["objective.vectorize=map"], ["objective.vectorize=map", "vmap or loop"]),
        (["runtime.backend=mpi"], ["runtime.backend=mpi", "gloo or nccl"]),
        (["runtime.deadline=0"], ["runtime.deadline=0", "> 0"]),
        (["runtime.deadline=soon"], ["runtime.deadline=soon", "> 0"]),
        (["wandb.mode=maybe"], ["wandb.mode=maybe", "online or offline"]),
        (["runtime.device=frob"], ["runtime.device=frob", "use auto, cpu or cuda"]),
        (["runtime.device=cpu", "runtime.backend=nccl"], ["runtime.backend=nccl", "GPU", "gloo"]),
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


def test_a_bad_optimizer_is_refused(configure):
    with pytest.raises(ValueError, match="Invalid learning rate"):
        recipe(configure("optimizer.lr=-1")).check_server()


def test_torch_that_is_too_old_is_refused(monkeypatch, configure):
    monkeypatch.setattr(settings, "version", lambda name: "2.10.1+cpu")
    with pytest.raises(ValueError, match=r"torch 2\.10\.1\+cpu .* needs torch >= 2\.11"):
        recipe(configure())
    monkeypatch.setattr(settings, "version", lambda name: "2.11.0a0+gpu")
    settings.check_versions()


def test_a_device_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"runtime\.device=frob"):
        choose_device("frob", 0)
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="0 GPUs are visible"):
            choose_device("cuda", 0)
        assert choose_device("auto", 3) == torch.device("cpu")


def test_a_rule_left_open_assumes_what_the_liars_can_spoil(configure):
    built = recipe(configure("aggregator=trimmed_mean"))
    assert built.exposure == (10, 10, 45)
    assert built.defense.aggregator.f == 10
    built = recipe(configure("aggregator=trimmed_mean", "aggregator.f=4"))
    assert built.defense.aggregator.f == 4
    built = recipe(configure("experiment=digits_undefended", "aggregator=krum"))
    assert built.defense.aggregator.f == 3


def test_presets_compose_and_pass_the_checks(configure):
    for name in ("digits_aspis", "digits_honest", "digits_undefended"):
        recipe(configure(f"experiment={name}"))
    built = recipe(configure("experiment=cifar10_aspis", "data=synthetic", "data.train_size=50000"))
    assert built.layout.size == 11_173_962
    assert built.exposure == (2, 2, 3)


def test_any_component_can_be_exchanged_in_any_preset(configure):
    built = recipe(configure("attack=alie", "optimizer=sgd", "schedule=step", "who=window"))
    assert type(built.threat.attack).__name__ == "Alie"
    assert type(built.threat.who).__name__ == "Window"
    built.check_server()
    built = recipe(
        configure("experiment=cifar10_aspis", "data=synthetic", "pre=[]", "optimizer=adam")
    )
    assert built.defense.pre == ()
    built.check_server()


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
    assert recipe(configure("seed=1")).fingerprint() != same
