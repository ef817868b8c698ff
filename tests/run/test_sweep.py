"""Points of a sweep: each leaves a folder that says how it ended; a signal ends them all."""

import json
import signal

import pytest
import yaml
from omegaconf import OmegaConf

from robusttrain.run.sweep import run_point

CONFIG = {"seed": 5, "run": {"root": "runs", "name": None}}


@pytest.fixture
def point(tmp_path):
    """point(begin, **config) runs one; returns the summaries in the sweep's folder."""

    def run(begin, **more) -> list[dict]:
        run_point(OmegaConf.create(CONFIG | more), tmp_path, begin)
        return [json.loads(path.read_text()) for path in tmp_path.glob("*/summary.json")]

    return run


def raising(error):
    def begin(config):
        raise error

    return begin


@pytest.mark.parametrize("error", [ValueError("lr=nan: why"), SystemExit("error: lr=nan: why")])
def test_a_refused_point_is_recorded_with_its_settings(point, tmp_path, capsys, error):
    (summary,) = point(raising(error))
    assert summary["error"] == "lr=nan: why"
    assert summary["refused"]
    assert not summary["finished"]
    config = yaml.safe_load((tmp_path / summary["name"] / "config.yaml").read_text())
    assert config.pop("schema") == summary["schema"] == 1
    assert config == CONFIG | {"run": {"root": str(tmp_path), "name": None}}
    assert capsys.readouterr().err == "error: lr=nan: why; the sweep goes on\n"


def test_refused_points_have_a_folder_each(point):
    point(raising(ValueError("a")))
    assert {summary["error"] for summary in point(raising(ValueError("b")))} == {"a", "b"}


def test_a_point_that_raises_what_nobody_expected_is_recorded(point, capsys):
    (summary,) = point(raising(RuntimeError("out of memory")))
    assert summary["error"] == "RuntimeError: out of memory"
    assert "refused" not in summary
    assert "Traceback" in capsys.readouterr().err


def test_a_point_whose_configuration_cannot_be_resolved_is_recorded(point, tmp_path):
    (summary,) = point(raising(ValueError("a")), batch="${nothing}")
    config = yaml.safe_load((tmp_path / summary["name"] / "config.yaml").read_text())
    assert config["batch"] == "${nothing}"


def test_a_server_that_died_before_its_first_step_is_recorded_in_its_folder(point, tmp_path):
    (summary,) = point(lambda config: (tmp_path / "a", -9))
    assert summary["name"] == "a"
    assert "the server ended before the first step (exit code -9)" in summary["error"]


@pytest.mark.parametrize("code", [0, 1])
def test_what_the_server_wrote_stays(point, tmp_path, code):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "summary.json").write_text('{"finished": true}')
    assert point(lambda config: (tmp_path / "a", code)) == [{"finished": True}]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["summary.json"]


def test_points_are_run_in_the_folder_of_the_sweep(point, tmp_path):
    seen = []
    point(lambda config: (seen.append(config.run.root) or tmp_path / "a", 0))
    assert seen == [str(tmp_path)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_sweep(point, tmp_path, capsys, number):
    with pytest.raises(SystemExit) as end:
        point(lambda config: (tmp_path / "a", 128 + number))
    assert end.value.code == 128 + number
    line = f"the sweep was stopped by {number.name}; a table of its runs: robusttrain report "
    assert capsys.readouterr().err == f"{line}{tmp_path}\n"
    assert (tmp_path / "a" / "summary.json").exists()


def test_an_interrupt_before_the_ranks_start_leaves_nothing(point, tmp_path):
    with pytest.raises(SystemExit) as end:
        point(raising(KeyboardInterrupt()))
    assert end.value.code == 130
    assert list(tmp_path.iterdir()) == []
