"""Silence. (What is committed to is tested in test_worker.)"""

import torch

from robusttrain.threat.attack.silent import Silent


def test_does_not_speak_and_does_nothing_else(knowledge, gradients):
    assert not Silent().speaks
    assert not Silent().collusive
    seen = knowledge(gradients(2, 5))
    assert torch.equal(Silent().forge(seen), seen.honest)
