"""One bit of one coordinate, and no conspiracy."""

import numpy as np
import pytest
import torch

from robusttrain.threat.attack.bit_flip import BitFlip


def flipped(honest, rows):
    """(row, coordinate, bit) of each bit that differs."""
    width = honest.element_size()
    before, after = (
        np.frombuffer(r.numpy().tobytes(), np.uint8).reshape(len(r), -1, width)
        for r in (honest, rows)
    )
    bits = np.unpackbits(before ^ after, axis=2, bitorder="little")
    return np.argwhere(bits).tolist()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_exactly_one_bit_of_each_row_differs_and_any_bit_may(knowledge, gradients, dtype):
    honest = gradients(600, 7).to(dtype)
    honest[::2] = 0.0
    found = flipped(honest, BitFlip().forge(knowledge(honest)))
    assert [row for row, _, _ in found] == list(range(600))
    assert {place for _, place, _ in found} == set(range(7))
    assert {bit for _, _, bit in found} == set(range(8 * honest.element_size()))


def test_each_worker_step_task_and_seed_has_its_own_fault(knowledge, gradients):
    honest = gradients(1, 10_000)

    def fault(worker=1, step=0, seed=0, task=5):
        seen = knowledge(honest, worker=worker, step=step, seed=seed, tasks=np.array([task]))
        return tuple(flipped(honest, BitFlip().forge(seen))[0])

    assert fault() == fault()
    assert len({fault(), fault(worker=2), fault(step=1), fault(seed=1), fault(task=6)}) == 5


def test_acts_worker_by_worker():
    assert not BitFlip().collusive
