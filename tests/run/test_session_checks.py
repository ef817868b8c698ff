"""What a session is given: each mistake is refused in one line that says what to do."""

import re

import pytest
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from robusttrain.run.session_checks import (
    check_launch,
    check_model,
    check_optimizer,
    check_way,
    words,
)

LAYER, OTHER = nn.Linear(2, 2), nn.Linear(2, 2)
OPTIMIZER = SGD(LAYER.parameters(), lr=0.1)


def refusal(check, *arguments, **more) -> str:
    with pytest.raises(ValueError, match=r".") as error:
        check(*arguments, **more)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (nn.Linear, "model is type; give an object of an nn.Module"),
        (nn.DataParallel(nn.Linear(2, 2)), "wrapped in DataParallel; give the session the module"),
        (nn.ReLU(), "no trainable parameters"),
        (nn.Linear(2, 2).double(), "weight is torch.float64; parameters must be float32"),
        (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), "use GroupNorm"),
        (nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1)), "set p=0"),
    ],
)
def test_a_model_that_cannot_be_trained(model, says):
    assert says in refusal(check_model, model)


@pytest.mark.parametrize(
    ("optimizer", "schedule", "says"),
    [
        (None, StepLR(OPTIMIZER, 1), "schedule= needs optimizer="),
        (SGD, None, "optimizer is type; give one of torch.optim's"),
        (SGD(OTHER.parameters(), lr=0.1), None, "make it with model.parameters()"),
        (OPTIMIZER, "cosine", "schedule is str; give a torch.optim.lr_scheduler"),
        (OPTIMIZER, ReduceLROnPlateau(OPTIMIZER), "moves on by steps"),
        (OPTIMIZER, StepLR(SGD(LAYER.parameters(), lr=0.1), 1), "made for another optimizer"),
    ],
)
def test_an_optimizer_or_a_schedule_that_does_not_belong(optimizer, schedule, says):
    assert says in refusal(check_optimizer, LAYER, optimizer, schedule)


def test_what_can_be_trained_is_not_refused():
    check_model(LAYER)
    check_optimizer(LAYER, None, None)
    check_optimizer(LAYER, OPTIMIZER, StepLR(OPTIMIZER, 1))
    frozen = nn.Sequential(nn.Linear(2, 2).requires_grad_(False).double(), nn.Linear(2, 2))
    check_model(frozen)
    check_optimizer(frozen, SGD(frozen[1].parameters(), lr=0.1), None)


@pytest.mark.parametrize(
    "word",
    ["data=mnist", "data.root=/x", "model=gpt", "model.width=9", "batch=7", "steps=3",
     "objective.loss=mse_loss", "objective.metric=mine.f", "runtime.ranks=2", "runtime.port=1",
     "optimizer=adam", "optimizer.lr=1", "schedule=cosine", "+schedule.x=1", "probe.journal=/x"],
)  # fmt: skip
def test_overrides_whose_place_an_argument_has_are_named(word):
    said = refusal(words, [word], 60, 3, own_optimizer=True)
    assert re.fullmatch(rf"{re.escape(word)} has no meaning here: .*; leave it out", said)


@pytest.mark.parametrize("word", ["optimizer.lr=1", "schedule=cosine", "objective.chunk=4"])
def test_other_overrides_are_kept(word):
    assert word in words([word], 60, 3, own_optimizer=False)


def test_a_preset_takes_the_place_of_none():
    assert "~experiment" in words([], 60, 3, own_optimizer=True)
    chosen = words(["experiment=digits_audit"], 60, 3, own_optimizer=True)
    assert "~experiment" not in chosen


@pytest.mark.parametrize(
    ("config", "batch", "steps", "says"),
    [
        ("attack=alie", 60, 3, "config is a list of overrides, as in config=['attack=alie']"),
        ([], 0, 3, "batch=0"),
        ([], 1.5, 3, "batch=1.5"),
        ([], 60, True, "steps=true"),
    ],
)
def test_arguments_of_the_wrong_kind(config, batch, steps, says):
    assert says in refusal(words, config, batch, steps, own_optimizer=True)


@pytest.mark.parametrize("world", [None, "1"])
def test_without_ranks_the_command_is_told(monkeypatch, world):
    monkeypatch.setattr("sys.argv", ["/somewhere/mine.py"])
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    if world:
        monkeypatch.setenv("RANK", "0")
        monkeypatch.setenv("WORLD_SIZE", world)
    assert "start it with torchrun --nproc-per-node 4 mine.py" in refusal(check_launch)


def test_a_way_that_would_have_to_be_measured_is_refused():
    check_way("batched")
    with pytest.raises(ValueError, match=r"objective\.vectorize=auto measures .* choose vmap"):
        check_way("auto")
