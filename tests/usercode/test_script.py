"""The paths of things, by which other processes import them."""

import subprocess
import sys
from types import ModuleType

import own_data
import pytest
from support import ROOT, environment

from robusttrain.usercode.locate import locate
from robusttrain.usercode.script import path_of


def test_the_path_of_a_thing_leads_back_to_it():
    for thing in (own_data.make_data, own_data.Items, own_data.Items.__len__):
        assert locate("key", path_of("key", thing)) is thing


def local():
    def inner():
        pass

    return inner


@pytest.mark.parametrize("thing", [lambda: 0, local(), own_data.Drawn(), 3])
def test_what_others_cannot_import_is_refused(thing):
    with pytest.raises(ValueError, match=r"^loss: .* cannot be imported by other processes; pass"):
        path_of("loss", thing)


def test_what_the_running_script_defines_has_the_scripts_name(folder, monkeypatch, tmp_path):
    folder("script", "def loss(): pass")
    main = ModuleType("__main__")
    main.__file__ = str(tmp_path / "script.py")
    exec((tmp_path / "script.py").read_text(), vars(main))
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert path_of("loss", main.loss) == "script.loss"
    assert locate("loss", "script.loss").__name__ == "loss"


def test_without_a_script_nothing_of_main_can_be_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    thing = type("Net", (), {"__module__": "__main__"})
    with pytest.raises(ValueError, match=r"^model is defined in an interactive session"):
        path_of("model", thing)


@pytest.mark.parametrize(
    ("guard", "says"),
    [
        ("if __name__ == '__main__':\n    ", "script.loss"),
        ("", "put line 4 and what follows under"),
    ],
)
def test_a_script_that_would_run_again_when_it_is_imported_is_refused(tmp_path, guard, says):
    text = (
        "from robusttrain.usercode.script import path_of\n"
        "def loss(): pass\n"
        "def shown(): print(path_of('loss', loss))\n"
        f"{guard}shown()\n"
    )
    (tmp_path / "script.py").write_text(text)
    env = environment() | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=env,
                          capture_output=True, text=True)  # fmt: skip
    assert says in done.stdout + done.stderr
