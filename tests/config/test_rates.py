"""Optimizer and schedule take their first steps before any rank starts."""

import pytest

from robusttrain.config.rates import check_rates


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["optimizer.lr=-1"], r"^optimizer\.lr=-1 is refused by torch\.optim\.Adam: .*use optim"),
        (["optimizer._target_=torch.optim.LBFGS"], "LBFGS.*closure"),
        (["schedule.T_max=0"], r"^schedule\.T_max=0 is refused.*use schedule\.T_max=\$\{steps\}$"),
        (["schedule=step", "schedule.step_size=0"], r"^schedule\.step_size=0"),
        (["schedule=step", "schedule.step_size=1", "schedule.gamma=1e300"], "inf after step 2"),
    ],
)
def test_what_would_fail_in_a_step_is_refused(configure, overrides, message):
    with pytest.raises(ValueError, match=message):
        check_rates(configure(*overrides))


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle", "step"])
def test_ours_pass(configure, schedule):
    check_rates(configure(f"schedule={schedule}"))


def test_no_more_steps_are_tried_than_there_are(configure):
    words = ["schedule=step", "schedule.step_size=1", "schedule.gamma=1e300"]
    check_rates(configure(*words, "steps=1"))
