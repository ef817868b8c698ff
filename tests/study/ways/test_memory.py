"""Rows that do not fit are refused before they are computed."""

import pytest
import torch

from robusttrain.study.ways import memory
from robusttrain.study.ways.memory import check_memory, needed
from robusttrain.study.ways.trial import Case

CASE = Case("small_cnn", ("data=digits",), tasks=8, samples=2, chunk=4)


def test_each_task_adds_its_row_in_two_ways():
    more = Case("small_cnn", ("data=digits",), tasks=9, samples=2, chunk=4)
    assert needed(more) - needed(CASE) == 2 * 4 * CASE.recipe.layout.size


def test_too_many_are_refused_with_what_they_take(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(memory, "free_bytes", lambda device: needed(CASE))
    check_memory(CASE, cpu)
    monkeypatch.setattr(memory, "free_bytes", lambda device: needed(CASE) - 1)
    with pytest.raises(ValueError, match=r"8 rows of 9850 parameters in chunks of 4 take .* GB,"):
        check_memory(CASE, cpu)
    monkeypatch.setattr(memory, "free_bytes", lambda device: None)
    check_memory(CASE, cpu)
