"""Parameters that the default choice left behind, told from those that the user gave."""

import pytest

from robusttrain.config.leftovers import choices_of, without_leftovers

CNN = {"channels": [8, 16], "hidden": 32}


def test_the_defaults_are_as_these_tests_take_them():
    assert any(CNN.items() <= choice.items() for choice in choices_of("model"))


def test_a_target_of_the_users_is_not_given_what_the_default_had():
    assert without_leftovers("model", "mine.Net", CNN, set()) == {}


def test_unless_it_has_a_parameter_of_that_name():
    assert without_leftovers("model", "mine.Net", CNN, {"hidden"}) == {"hidden": 32}


def test_what_the_user_changed_or_added_stays():
    given = {**CNN, "hidden": 7, "mine": 1}
    assert without_leftovers("model", "mine.Net", given, set()) == {"hidden": 7, "mine": 1}


def test_a_target_that_takes_any_name_gets_only_what_the_user_gave():
    given = {**CNN, "mine": 1}
    assert without_leftovers("model", "mine.Net", given, None) == {"mine": 1}


def test_naming_the_target_of_a_choice_is_not_making_the_choice():
    step = "torch.optim.lr_scheduler.StepLR"
    named = {"T_max": 30, "step_size": 2}
    accepted = {"optimizer", "step_size", "gamma"}
    assert without_leftovers("schedule", step, named, accepted, {"steps": 30}) == {"step_size": 2}
    made = {"step_size": 200, "gamma": 0.7, "T_max": 30}
    assert without_leftovers("schedule", step, made, accepted, {"steps": 30}) == made


def test_a_default_that_refers_to_another_key_is_left_out_with_its_value():
    for value, kept in ((30, {}), (7, {"T_max": 7})):
        part = {"T_max": value}
        assert without_leftovers("schedule", "mine.Rate", part, set(), {"steps": 30}) == kept


@pytest.mark.parametrize("stage", ["model", "optimizer", "aggregator"])
def test_a_target_of_ours_keeps_everything(stage):
    for choice in choices_of(stage):
        path = choice.get("_target_")
        if path is not None:
            given = {"anything": 1, **{k: v for k, v in choice.items() if k != "_target_"}}
            assert without_leftovers(stage, path, given, set()) == given
