"""One optimizer step along each direction, and a schedule that never waits."""

import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR

from robusttrain.training.update.synchronous import Synchronous


def test_parameters_move_along_the_direction_at_the_rate_of_the_step():
    parameters = torch.zeros(2)
    own = [parameters[:1], parameters[1:]]
    optimizer = SGD(own, lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.5)
    update = Synchronous(own, lambda flat: [flat[:1], flat[1:]], optimizer, schedule)
    update(torch.tensor([1.0, -2.0]))
    assert parameters.tolist() == [-1.0, 2.0]
    update(None)  # a skipped step moves the schedule on, and nothing else
    assert parameters.tolist() == [-1.0, 2.0]
    update(torch.tensor([4.0, 0.0]))
    assert parameters.tolist() == [-2.0, 2.0]
