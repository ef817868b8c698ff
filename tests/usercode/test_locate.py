"""Things by their paths: found, or refused in one line."""

import own_data
import pytest

from robusttrain.usercode.broken import Broken
from robusttrain.usercode.locate import locate


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
