"""What an attacker knows: the benign gradients, and the streams of what is drawn."""

import numpy as np
import torch


def test_benign_are_the_spared_if_there_are_two(knowledge, gradients):
    known = gradients(4, 3)
    for spared, expected in (
        ([True, False, True, False], known[[0, 2]]),
        ([True] * 4, known),
        ([False, True, False, False], known),
        ([False] * 4, known),
    ):
        seen = knowledge(known[:1], known, spared=np.array(spared))
        assert torch.equal(seen.benign, expected)


def test_streams_are_named_by_seed_purpose_step_task_and_worker(knowledge, gradients):
    def draw(purpose="this", **changes):
        seen = knowledge(gradients(2, 3), **{"tasks": np.array([4, 9])} | changes)
        return [int(rng.integers(2**62)) for rng in seen.streams(purpose)]

    first, second = draw()
    assert draw(tasks=np.array([9, 4])) == [second, first]
    others = [draw("that"), draw(step=1), draw(seed=1), draw(worker=0), draw(worker=1)]
    assert len({n for pair in [[first, second], *others] for n in pair}) == 12
    assert draw(workers=4, forged=1, omniscient=False) == [first, second]
