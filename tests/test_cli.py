"""The command `robusttrain`, from a checkout and from a wheel."""

import json
import re
import subprocess
import sys

import pytest
from support import ROOT, SMALL, environment, install_wheel
from support import call as run

import robusttrain as rt
from robusttrain import cli


def test_each_script_is_a_command(capsys):
    cli.main(["--help"])
    shown = capsys.readouterr().out
    for path in (ROOT / "launch").glob("*.py"):
        assert re.search(rf"^  {path.stem} +[A-Z]\w+ .+\.$", shown, re.MULTILINE)
    assert ": " not in shown.partition("\n")[2]
    assert "python " not in shown
    cli.main(["--version"])
    assert capsys.readouterr().out == f"robusttrain {rt.__version__}\n"


@pytest.mark.parametrize("words", [[], ["trian"], ["--nothing"]])
def test_without_a_command_one_line_names_them(words, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "bench | catalogue | certify | harm | keys | paper | report | train" in line


def test_the_command_is_light():
    code = "import sys, robusttrain.cli; print(*sys.modules)"
    done = run([sys.executable, "-c", code], ROOT)
    assert "robusttrain.cli" in done.stdout
    assert not {"torch", "numpy", "hydra"} & set(done.stdout.split())


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """installed(*words) -> the finished command of a wheel, run in an empty folder."""
    site, empty = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("empty")
    install_wheel(site)
    env = environment() | {"PYTHONPATH": str(site)}

    def call(*words: str) -> subprocess.CompletedProcess:
        return run([str(site / "bin" / "robusttrain"), *words], empty, env)

    where = "import robusttrain; print(robusttrain.__file__)"
    done = run([sys.executable, "-c", where], empty, env)
    assert done.stdout.startswith(str(site))
    call.folder, call.package = empty, site / "robusttrain"
    return call


@pytest.mark.ranks
def test_an_installed_wheel_trains_in_an_empty_folder(installed):
    done = installed("train", *SMALL, "steps=1", "runtime.ranks=1")
    assert done.returncode == 0, done.stderr
    (path,) = installed.folder.glob("runs/*/summary.json")
    assert json.loads(path.read_text())["finished"]


def test_an_installed_wheel_certifies_and_is_typed(installed):
    done = installed("certify", "workers=7", "byzantine=2")
    assert "vote alone: 5 of 35 tasks" in done.stdout, done.stderr
    assert (installed.package / "py.typed").exists()
    assert (installed.package / "configs" / "train.yaml").exists()
