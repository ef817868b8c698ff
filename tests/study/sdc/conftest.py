"""What these tests share: short runs in which all steps are probed."""

import pytest

from robusttrain.study.sdc import once, repeating
from robusttrain.study.sdc.kinds import setting


def all_probed(way, steps, secret):
    """`setting`, with share 1."""
    made = setting(way, steps, secret)
    made.config["probe"]["share"] = 1.0
    return made


@pytest.fixture
def probed(monkeypatch):
    """All steps of the runs of `once` and `repeating` are probed."""
    for module in (once, repeating):
        monkeypatch.setattr(module, "setting", all_probed)
    return all_probed
