"""The runs of the study are runs, whose draws repeat."""

import pytest

from robusttrain.config.recipe import recipe
from robusttrain.study.survival.settings import (
    EVERY,
    MEANWHILE,
    PHASES,
    SERVER_RANKS,
    SERVERS,
    SETTINGS,
)
from robusttrain.threat.phases import phases_of


@pytest.mark.parametrize("name", SETTINGS)
def test_each_phase_of_messages_is_struck(configure, name):
    checked = recipe(configure(*SETTINGS[name]), 5)
    named = {phase.name for phase in phases_of(checked.agreement) if phase.way != "computed"}
    assert named | {"gradient"} == set(PHASES[name])
    assert EVERY.keys() == MEANWHILE.keys() == SETTINGS.keys()


@pytest.mark.parametrize("setting", SERVERS, ids=lambda setting: setting.name)
def test_a_run_whose_server_is_killed_makes_checkpoints(configure, setting):
    checked = recipe(configure(*setting.words), SERVER_RANKS)
    assert checked.config["checkpoint"]["every"] == 5
    assert checked.config["defense"]["secret"] == 3
