"""What tests of the protocol share."""

import pytest
from small_rank import honest_rank


@pytest.fixture(scope="session")
def honest():
    """An honest worker rank for all workers, and its parameters."""
    return honest_rank()
