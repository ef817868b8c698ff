"""What the tests of attacks share: views, with everything that a test does not care about."""

import numpy as np
import pytest
import torch

from robusttrain.threat.knowledge import Knowledge


@pytest.fixture(scope="session")
def knowledge():
    """view(honest, known, **changes) -> Knowledge; known None: what is forged, unspared."""

    def made(honest, known=None, **changes):
        known = honest if known is None else known
        free = {
            "tasks": np.arange(len(honest)),
            "spared": np.ones(len(known), dtype=bool),
            "omniscient": True,
            "forged": len(honest),
            "workers": 15,
            "byzantine": 3,
            "step": 0,
            "seed": 0,
            "worker": None,
            "previous": None,
            "earlier": lambda steps: None,
            "poisoned": lambda poison: pytest.fail("nobody should ask"),
        }
        return Knowledge(honest=honest, known=known, **free | changes)

    return made


@pytest.fixture(scope="session")
def gradients():
    """gradients(n, d, seed, offset) -> [n, d] float32: a common direction and much noise."""

    def made(n, d, seed=0, offset=0.3):
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(n, d, generator=generator)
        return noise * torch.rand(d, generator=generator) + offset

    return made
