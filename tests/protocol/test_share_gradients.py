"""Gradients of shares: the rows are sums."""

import numpy as np
import pytest
import torch
from probes import PROBES

from robusttrain.config.recipe import recipe
from robusttrain.protocol.share_gradients import ShareGradients, as_engine
from robusttrain.protocol.shares import shares
from robusttrain.protocol.side import Overtaken
from robusttrain.run import assembly
from robusttrain.training.gradient.sums import Sums


def test_rows_are_the_sums_of_the_holders(configure):
    made = recipe(configure(*PROBES, "assignment.tasks=10", "batch=60", "objective.chunk=3"))
    tasks = assembly.recompute(made, torch.device("cpu")).gradients
    engine, sums = as_engine(ShareGradients, tasks), as_engine(Sums, tasks)
    size, plan = made.layout.size, made.planner(0)
    parameters = 0.1 * torch.ones(size)
    rows = engine.rows(parameters, shares(plan), np.array([5, 0]), torch.empty(2, size))
    for worker, row in zip((5, 0), rows, strict=True):
        assert torch.equal(row, sums.sum(parameters, plan, worker, torch.empty(size)))
    flipped = engine.with_targets(lambda labels: 9 - labels)
    other = flipped.rows(parameters, shares(plan), np.array([5]), torch.empty(1, size))
    assert not torch.equal(other[0], rows[0])


def test_no_more_sums_are_computed_once_they_come_too_late(configure):
    made = recipe(configure(*PROBES))
    tasks = assembly.recompute(made, torch.device("cpu")).gradients
    engine, size = as_engine(ShareGradients, tasks), made.layout.size
    answers, out = iter([False, True]), torch.full((3, size), 7.0)
    engine.late = lambda: next(answers)
    with pytest.raises(Overtaken):
        engine.rows(torch.zeros(size), shares(made.planner(0)), np.arange(3), out)
    assert [bool((row == 7).all()) for row in out] == [False, True, True]
