"""Work is counted as torch computes."""

import torch
from torch import nn

from robusttrain.study.predict.work import counted_work


def test_products_of_both_passes_are_counted():
    layer, inputs = nn.Linear(3, 4, bias=False), torch.ones(5, 3)
    work = counted_work(lambda: layer(inputs).sum().backward())
    assert work.flops == 2 * (2 * 5 * 3 * 4)  # forward, and the gradient of the weight
    assert work.calls >= 4


def test_views_write_nothing():
    values = torch.ones(5, 3)
    assert counted_work(lambda: values.view(3, 5).t()).bytes == 0
    added = counted_work(lambda: values + 1)
    assert (added.bytes, added.calls) == (4 * 15, 1)


def test_tasks_together_are_counted_below_vmap():
    values = torch.ones(7, 2, 3)
    work = counted_work(lambda: torch.func.vmap(lambda m: m @ m.t())(values))
    assert work.flops == 7 * 2 * (2 * 3 * 2)
