"""The command that makes keys."""

import importlib.util

import pytest
from support import ROOT

SPEC = importlib.util.spec_from_file_location("make_keys", ROOT / "launch" / "keys.py")
script = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)


def test_one_command_makes_all_keys_and_a_second_refuses(tmp_path, capsys):
    folder = tmp_path / "new" / "keys"
    script.main([str(folder), "--ranks", "3"])
    assert capsys.readouterr().out.startswith(f"8 files in {folder}")
    assert len(list(folder.glob("rank-*.key"))) == 3
    with pytest.raises(SystemExit, match=f"error: {folder} holds something, and keys are never"):
        script.main([str(folder), "--ranks", "3"])


def test_the_number_of_ranks_is_needed(tmp_path, capsys):
    with pytest.raises(SystemExit):
        script.main([str(tmp_path / "keys")])
    assert "--ranks" in capsys.readouterr().err
