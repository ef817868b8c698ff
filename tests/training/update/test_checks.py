"""Optimizers and schedules that cannot take a run's steps are refused before the first."""

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR, StepLR

from robusttrain.config.recipe import recipe
from robusttrain.run import assembly
from robusttrain.training.update.checks import check_dense, check_length, check_step
from robusttrain.usercode.broken import Broken

T = "torch.optim"
L = f"{T}.lr_scheduler"
WORKING = [
    *([f"optimizer._target_={T}.{name}"] for name in
      ("AdamW", "Adagrad", "RMSprop", "NAdam", "RAdam", "Adamax", "Adadelta", "SGD", "Adafactor")),
    ["optimizer=adamw", "optimizer.weight_decay=0.1"],
    [f"schedule._target_={L}.OneCycleLR", "+schedule.max_lr=0.1", "+schedule.total_steps=4"],
    [f"schedule._target_={L}.MultiStepLR", "+schedule.milestones=[1,2]"],
    [f"schedule._target_={L}.StepLR", "+schedule.step_size=2"],
    [f"schedule._target_={L}.LinearLR"],
]  # fmt: skip
REFUSED = [
    ([f"optimizer._target_={T}.LBFGS"],
     rf"^optimizer\._target_={T}\.LBFGS needs closure for each step, .* such as optimizer=adamw$"),
    ([f"optimizer._target_={T}.SparseAdam"],
     rf"^optimizer\._target_={T}\.SparseAdam: a step raised .* does not support dense gradients"),
    ([f"schedule._target_={L}.ReduceLROnPlateau"],
     rf"^schedule\._target_={L}\.ReduceLROnPlateau needs metrics for each step, .*=cosine$"),
    (["schedule=constant", f"schedule._target_={L}.ReduceLROnPlateau"], r"needs metrics"),
    ([f"schedule._target_={L}.OneCycleLR", "+schedule.max_lr=0.1", "+schedule.total_steps=3"],
     r"^schedule\.total_steps=3 must be at least steps=4; use schedule\.total_steps=4$"),
    ([f"schedule._target_={L}.OneCycleLR", "+schedule.total_steps=4"],
     r"^schedule: torch.* needs the argument max_lr; give values with \+schedule\.max_lr="),
    ([f"optimizer._target_={T}.AdamWW"], rf"^optimizer\._target_={T}\.AdamWW: torch\.optim has no"),
]  # fmt: skip
NAMES = [" ".join(overrides) for overrides, _ in REFUSED]


def update(configure, *overrides):
    small = ("workers=5", "batch=100", "steps=4", "threat.byzantine=0", "defense.byzantine=1")
    built = recipe(configure(*small, "aggregator=mean", "preaggregator=[]", *overrides))
    parameters = torch.zeros(built.layout.size)
    return assembly.update(built, parameters), parameters


@pytest.mark.parametrize("overrides", WORKING, ids=" ".join)
def test_those_of_torch_take_all_steps(configure, overrides):
    step, parameters = update(configure, *overrides)
    assert not parameters.any(), "what is tried at the start is not the run's"
    for _ in range(4):
        before = parameters.clone()
        step(torch.ones_like(parameters))
        assert (parameters < before).all()


@pytest.mark.parametrize(("overrides", "reason"), REFUSED, ids=NAMES)
def test_those_that_cannot_are_refused_by_name_in_one_line(configure, overrides, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        update(configure, *overrides)
    assert "\n" not in str(caught.value)


def test_a_function_that_makes_one_is_tried_by_its_step():
    assert check_step("optimizer", "os.path.join") is None
    with pytest.raises(Broken, match=r"optimizer\._target_=mine\.opt: a step raised TypeErr"):
        check_dense({"_target_": "mine.opt"}, torch.optim.LBFGS)


@pytest.mark.parametrize("steps", [9, 10, 11])
def test_a_schedule_must_not_end_before_the_run(steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    schedule = OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    check_length(StepLR(optimizer, step_size=1), steps)
    if steps > 10:
        with pytest.raises(ValueError, match=r"schedule\.total_steps=10 must be at least steps=11"):
            check_length(schedule, steps)
    else:
        check_length(schedule, steps)
        for _ in range(steps):
            optimizer.step()
            schedule.step()
