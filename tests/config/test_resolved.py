"""References are resolved, or named in one line."""

import pytest
from hydra.errors import HydraException
from omegaconf import OmegaConf

from robusttrain.config.resolved import plain, resolved


def test_a_reference_that_cannot_be_resolved_is_named():
    with pytest.raises(ValueError, match=r"^a\.seed: Interpolation key 'no' not found$"):
        resolved(OmegaConf.create({"a": {"seed": "${no}"}}))
    assert resolved(OmegaConf.create({"a": 1, "b": "${a}"})) == {"a": 1, "b": 1}


def test_advice_and_search_paths_are_left_out():
    text = "It is\n  wrong.\nSee https://x\n\nConfig search path:\n\tprovider=main"
    assert plain(HydraException(text)) == "It is wrong."
