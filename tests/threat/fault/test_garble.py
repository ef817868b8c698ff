import numpy as np
import torch

from robusttrain.threat.fault.garble import Garble


def test_all_bytes_are_drawn_anew(hit):
    data = torch.zeros(5000, dtype=torch.uint8)
    Garble().damage(data, np.random.default_rng(0))
    assert len(data.unique()) == 256
    assert abs(data.float().mean() - 127.5) < 5


def test_two_messages_of_a_phase_are_drawn_apart(hit):
    rng = np.random.default_rng(0)
    first, second = (Garble().strike(hit(rng=rng))[0].payload for _ in range(2))
    assert not torch.equal(first, second)
