"""What tests of ranks share."""

import logging

import pytest


@pytest.fixture
def logs_of_pytest(monkeypatch) -> None:
    """A rank sets up the logging of its process; the tests' own stays as it is."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
