"""What tests of clusters share: the keys of a server and two worker ranks."""

import pytest

from robusttrain.comm.keys import make


@pytest.fixture
def keys(tmp_path) -> str:
    """The override that names their folder, `keys` in tmp_path."""
    make(tmp_path / "keys", 2)
    return f"cluster.keys={tmp_path / 'keys'}"
