"""How a run starts: what is refused before Hydra, and before a rank."""

import json
import sys

import pytest

from robusttrain.comm import torchrun
from robusttrain.run import start as module
from robusttrain.run.start import prepare, start


@pytest.mark.parametrize(
    ("words", "says"),
    [(["pre=[]"], "preaggregator"), (["-m", "target=hidden,all"], "target=undetected,all"),
     (["-m", "run.root=/proc/none"], "cannot be written")],
)  # fmt: skip
def test_it_is_refused_before_hydra_starts(words, says, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit, match=f"^error: .*{says}"):
        prepare(words)


@pytest.mark.parametrize(("finished", "word"), [(True, "a finished"), (False, "an unfinished")])
def test_a_folder_that_holds_a_run_is_left_alone(configure, monkeypatch, tmp_path, finished, word):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(torchrun, "start_ranks", lambda *_: pytest.fail("ranks were started"))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "summary.json").write_text(json.dumps({"finished": finished}))
    with pytest.raises(SystemExit, match=f"^error: run.name=kept: .*/kept already holds {word}"):
        start(configure(f"run.root={tmp_path}", "run.name=kept"))
    assert [path.name for path in tmp_path.glob("**/*")] == ["kept", "summary.json"]


def test_ctrl_c_before_there_are_ranks_is_one_line(configure, monkeypatch, capsys):
    def interrupt(config):
        raise KeyboardInterrupt

    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(module, "checked", interrupt)
    monkeypatch.setattr(module, "leave", sys.exit)
    with pytest.raises(SystemExit, match="130"):
        start(configure())
    assert capsys.readouterr().err == "error: stopped by SIGINT before the first step\n"
