"""Keys of a cluster: one that others can read is none."""

import pytest

from robusttrain.config.recipe import recipe

WORKER = ("cluster.role=worker", "cluster.server=127.0.0.1:29500")


def test_a_key_that_others_can_read_is_refused(configure, small, keys, tmp_path):
    (tmp_path / "keys" / "rank-1.key").chmod(0o640)
    with pytest.raises(ValueError, match=r"others can read rank-1\.key \(mode 640\).*chmod 600"):
        recipe(configure(*small, "runtime.ranks=2", keys, *WORKER))
