"""The command line of launch/train.py; what it refuses is in tests/launch/test_bad_input.py."""

import pytest
from hydra._internal import utils

from robusttrain.run import command
from robusttrain.run.command import check_arguments, check_points, refusals_in_one_line


def test_options_and_overrides_are_told_apart(tmp_path):
    options = check_arguments(["-m", "steps=1,2", "--config-dir", str(tmp_path)])
    assert options.multirun
    assert options.overrides == ["steps=1,2"]


def test_what_the_run_itself_raises_is_passed_on():
    def run_job():  # the name of Hydra's function that calls a main
        raise ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError, match="ours"):
        command.in_one_line(run_job, [])
    with pytest.raises(SystemExit, match=r"^error: seed=1 cannot be composed: ZeroDivisionError"):
        command.in_one_line(lambda: 1 // 0, ["seed=1"])


def test_hydra_reports_as_before_afterwards():
    report = utils.run_and_report
    with refusals_in_one_line([]):
        assert utils.run_and_report is not report
    assert utils.run_and_report is report


def test_points_that_will_be_refused_are_told_beforehand(capsys):
    check_points(check_arguments(["-m", "steps=1,x"]))
    assert capsys.readouterr().err == (
        "point steps=x will be refused: steps=x must be a whole number; use 100\n"
    )
    with pytest.raises(ValueError, match=r"^steps=x must be .*; all 2 points of the sweep are ref"):
        check_points(check_arguments(["-m", "steps=x,y"]))


def test_checking_points_takes_so_long_and_no_longer(monkeypatch, capsys):
    monkeypatch.setattr(command, "CHECKING", -1.0)
    check_points(check_arguments(["-m", "steps=x,y"]))
    assert capsys.readouterr().err == ""
