"""What setup.sh says before it downloads, with stand-ins for pip, uname and nvidia-smi."""

import os
import shutil

import pytest
from support import ROOT, call

SIZES = "3.2 GB to download, 6.1 GB on the disk"
NO_GPU = "No NVIDIA GPU was found"


@pytest.fixture
def setup(tmp_path):
    """setup(torch, gpu, system) -> what is printed, and the calls of pip."""
    (tmp_path / "launch").mkdir()
    shutil.copy(ROOT / "launch" / "setup.sh", tmp_path / "launch")
    (tmp_path / "pyproject.toml").touch()
    log = tmp_path / "pip.log"
    log.touch()

    def stand_in(path, line) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def run(torch=False, gpu=False, system="Linux x86_64") -> tuple[str, list[str]]:
        has_torch = f'case "$1" in -c) exit {int(not torch)};; esac'
        stand_in(tmp_path / ".venv/bin/python", f'{has_torch}\necho "$@" >> {log}')
        stand_in(tmp_path / "bin/nvidia-smi", f"exit {0 if gpu else 9}")
        stand_in(tmp_path / "bin/uname", f"echo {system}")
        env = os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
        line = 'set -euo pipefail; EXTRAS="[test]"; source launch/setup.sh'
        done = call(["bash", "-c", line], tmp_path, env)
        assert done.returncode == 0, done.stderr
        return done.stdout, log.read_text().splitlines()

    return run


def test_without_a_gpu_it_states_the_size_and_the_way_around_it(setup):
    said, calls = setup()
    for words in (SIZES, NO_GPU, "ln -s ENVIRONMENT .venv"):
        assert words in said
    assert calls == ["-m pip install --quiet --disable-pip-version-check -e .[test]"]


def test_with_a_gpu_it_states_the_size(setup):
    said, _ = setup(gpu=True)
    assert SIZES in said
    assert NO_GPU not in said


@pytest.mark.parametrize("case", [{"torch": True}, {"system": "Darwin arm64"}])
def test_it_states_no_size_of_what_it_does_not_download(setup, case):
    said, calls = setup(**case)
    assert said == "installing into .venv, once ...\n"
    assert len(calls) == 1


def test_it_installs_once(setup):
    setup()
    said, calls = setup()
    assert said == ""
    assert len(calls) == 1
