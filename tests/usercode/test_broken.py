"""Errors in the user's code: their line, and whose file a file is."""

import re
import sys

import own_data
import pytest

from robusttrain.usercode.broken import described, is_own


def test_the_line_that_is_told_is_the_users():
    with pytest.raises(OSError, match="gone") as caught:
        own_data.Fails()[5]
    told = described(caught.value)
    assert re.fullmatch(r"OSError: sample 5 is gone \(own_data\.py, line \d+\)", told)
    assert described(KeyError()) == "KeyError: "


def test_files_of_ours_of_libraries_and_of_python_are_not_the_users():
    for thing in ("robusttrain.usercode.broken", "torch", "json"):
        assert not is_own(sys.modules[thing].__file__)
    assert not is_own("<frozen importlib._bootstrap>")
    assert is_own(own_data.__file__)
