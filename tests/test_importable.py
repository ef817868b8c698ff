"""Things by their paths: found, or refused in one line; and the paths of things."""

import re
import sys
from types import ModuleType

import own_data
import pytest

from robusttrain.importable import Broken, described, is_own, locate, path_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """write(name, text): a module of the user's in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(name: str, text: str) -> None:
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_class_a_function_and_what_is_inside_of_a_class():
    assert locate("key", "own_data.make_data") is own_data.make_data
    assert locate("key", "own_data.Items.__len__") is own_data.Items.__len__
    assert locate("key", "torch.nn.functional.mse_loss").__name__ == "mse_loss"


def test_a_module_in_a_folder(folder):
    folder("parts/net", "class Net: pass")
    assert locate("key", "parts.net.Net").__name__ == "Net"


REFUSED = {
    "mine": r"^model=mine must be module\.name, as in model=mine\.Net for mine\.py",
    "": r"^model= must be module\.name",
    "..Net": r"must be module\.name",
    "nowhere_at_all.Net": r"there is no module nowhere_at_all, neither in .* nor where Python",
    "small.Nett": r"^model=small\.Nett: small has no Nett; did you mean Net\?$",
    "small.other": r"small has no other; it defines Net$",
    "small.Net.deeper": r"small has no deeper",
    "bare.Net": r"bare has no Net; it defines nothing",
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_there_is_refused_in_one_line(folder, path):
    folder("small", "import os\nclass Net: pass\n_hidden = 1")
    folder("bare", "")
    with pytest.raises(ValueError, match=REFUSED[path]) as caught:
        locate("model", path)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, Broken)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\nraise OSError('no\\ndisk')", r"OSError: no disk \(failing\.py, line 2\)"),
        ("import nowhere_at_all", r"ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("def f(:", "SyntaxError: invalid syntax"),
    ],
)
def test_a_module_that_fails_gives_its_own_traceback_and_nothing_of_ours(folder, text, reason):
    folder("failing", text)
    with pytest.raises(Broken, match=rf"^model=failing\.Net: module failing does not import: "
                       rf"{reason}") as caught:  # fmt: skip
        locate("model", "failing.Net")
    assert "\n" not in str(caught.value)
    assert "robusttrain" not in caught.value.trace
    assert "importlib" not in caught.value.trace
    assert caught.value.trace.count("Error: ") == 1


def test_the_line_that_is_told_is_the_users():
    with pytest.raises(OSError, match="gone") as caught:
        own_data.Fails()[5]
    told = described(caught.value)
    assert re.fullmatch(r"OSError: sample 5 is gone \(own_data\.py, line \d+\)", told)
    assert described(KeyError()) == "KeyError: "


def test_files_of_ours_of_libraries_and_of_python_are_not_the_users():
    for thing in ("robusttrain.importable", "torch", "json"):
        assert not is_own(sys.modules[thing].__file__)
    assert not is_own("<frozen importlib._bootstrap>")
    assert is_own(own_data.__file__)


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
