"""A trial step: each of a user's parts that is wrong is told in one line, with a remedy."""

import os

import pytest
import torch

from robusttrain.config.recipe import recipe
from robusttrain.run import trial as module
from robusttrain.run.trial import trial
from robusttrain.usercode.broken import trace_of

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
OWN = ("data=own", "data.make=own_parts.make_data", "model._target_=own_parts.Net")


@pytest.fixture
def tried(configure, small):
    """tried(*overrides): compose, check, and try."""

    def run(*overrides, own=OWN):
        checked = recipe(configure(*small, *own, *overrides), 1)
        trial(checked, 1)

    return run


def test_the_choices_pass(tried):
    tried(own=())
    tried("data=text", "model=gpt", own=())


@pytest.mark.parametrize(
    "overrides",
    [
        (), ("objective.vectorize=loop",),
        ("model._target_=own_parts.Branching", "objective.vectorize=loop"),
        ("data.make=own_parts.numbers", "objective.loss=mse_loss", "+model.classes=1",
         "objective.metric=own_parts.within"),
    ],
    ids=str,
)  # fmt: skip
def test_what_fits_passes_and_leaves_no_trace(tried, overrides):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    before = torch.are_deterministic_algorithms_enabled(), os.environ.get(WORKSPACE)
    tried(*overrides)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    after = torch.are_deterministic_algorithms_enabled(), os.environ.get(WORKSPACE)
    assert after == before


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["model._target_=own_parts.NeedsWidth"],
         r"^model: own_parts\.NeedsWidth needs .* width .*offered: classes, shape, features"),
        (["model._target_=own_parts.no_module"], r"gives int, not an nn\.Module"),
        (["model._target_=own_parts.Failing"],
         r"raised KeyError: 'no such thing' \(own_parts\.py, line \d+\)"),
        (["model._target_=own_parts.Nt"], r"own_parts has no Nt; did you mean Net\?"),
        (["model._target_=nowhere.Net"], r"^model\._target_=nowhere\.Net: there is no module"),
        (["model._target_=Net"], r"must be module\.name"),
        (["model._target_=own_parts.Branching"],
         r"^objective\.vectorize=vmap cannot follow .* \(own_parts\.py, line \d+\); set .*=loop"),
        (["model._target_=own_parts.Spoiled"], r"^objective\.loss: .* is nan before any step"),
        (["data.make=own_parts.numbers"], r"^data: targets are float32 .*mse_loss"),
        (["data.make=own_parts.changing"], r"^data: samples .* differ when they are read again"),
        (["data.make=own_parts.lost"], r"^data: sample \d+ raised OSError: no such file"),
        (["data.make=own_parts.fails"], r"^data\.make=own_parts\.fails raised ZeroDivisionError"),
        (["data.make=null"], r"^data=own needs data\.make="),
        (["+model.classes=1"], r"the model has 1 output,"),
        (["objective.loss=own_parts.per_sample"], r"^objective\.loss: gives .* a scalar should be"),
        (["objective.loss=nope"], r"^objective\.loss=nope is no function of torch"),
        (["objective.metric=own_parts.fails"], r"^objective\.metric raised TypeError"),
        (["augment=crop_flip"], r"^augment: CropFlip changes images .* is \[20\]; use augment="),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_told_in_one_line(tried, overrides, says):
    with pytest.raises(ValueError, match=says) as caught:
        tried(*overrides)
    assert "\n" not in str(caught.value)


def test_the_traceback_of_the_users_code_holds_no_frame_of_ours(tried):
    with pytest.raises(ValueError) as caught:
        tried("data.make=own_parts.fails")
    trace = trace_of(caught.value)
    assert "return 1 / 0" in trace
    assert "robusttrain" not in trace.replace("tests/own_parts.py", "")


def test_a_gradient_that_depends_on_its_neighbours_is_refused(tried, monkeypatch):
    rows = module.Gradients.rows

    def leaky(self, parameters, plan, tasks, out):
        return rows(self, parameters, plan, tasks, out).add_(int(tasks[0]) * 1e-3)

    monkeypatch.setattr(module.Gradients, "rows", leaky)
    with pytest.raises(ValueError, match=r"^objective\.vectorize=vmap: the gradient of a task dep"):
        tried()


def test_too_little_memory_is_told(tried, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(module.Gradients, "rows", full)
    with pytest.raises(ValueError, match=r"^objective\.chunk=64: .* does not fit into the memory"):
        tried()
