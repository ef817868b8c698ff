"""docs/your_model.md as a reader follows it: its file and its commands, in an empty folder."""

import re
import shlex
import sys

import pytest
from support import ROOT

PAGE = (ROOT / "docs" / "your_model.md").read_text()
FILE = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
QUICK = {"steps=50": "steps=15"}


@pytest.fixture(scope="module")
def follow(warm, tmp_path_factory):
    """follow(script, *words) -> the finished script, in a folder with the page's files alone."""
    folder, scripts = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("bin")
    (scripts / "robusttrain").write_text("from robusttrain.cli import main\nmain()\n")
    for text, name in FILE.findall(PAGE):
        for long, short in QUICK.items():
            text = text.replace(long, short)
        (folder / name).write_text(text)

    def run(script, *words):
        path = scripts / script if (scripts / script).exists() else script
        return warm.call([sys.executable, str(path), *words], folder)

    return run


def accuracy(done) -> float:
    assert done.returncode == 0, done.stdout + done.stderr
    return float(re.findall(r"test accuracy (\d\.\d+)", done.stdout)[-1])


@pytest.mark.ranks
def test_the_script_trains_an_attacked_model_of_its_own(follow):
    done = follow("first.py")
    assert accuracy(done) > 0.85
    assert "convicted []" in done.stdout


@pytest.mark.ranks
def test_the_command_does_the_same_as_the_script(follow):
    text = PAGE.replace("\\\n", " ")
    (line,) = re.findall(r"^    robusttrain (train data=own .*)$", text, re.MULTILINE)
    words = [QUICK.get(word, word) for word in shlex.split(line)]
    done = follow("robusttrain", *words, "target=all")
    assert accuracy(done) > 0.85
    assert re.search(r"step 0: convicted \[\d, \d\]", done.stdout)
