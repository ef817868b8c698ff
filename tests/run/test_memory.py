"""Memory that ranks need against memory that is free."""

import pytest
import torch

from robusttrain.config.recipe import recipe
from robusttrain.run import memory
from robusttrain.run.memory import check_memory, free_bytes

CPU = torch.device("cpu")


def test_free_memory_is_read_from_the_system(monkeypatch, tmp_path):
    table = tmp_path / "meminfo"
    table.write_text("MemTotal:       8 kB\nMemAvailable:       5 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", table)
    assert free_bytes(CPU) == 5 * 1024
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "none")
    assert free_bytes(CPU) is None


def test_the_rows_of_all_ranks_must_fit(configure, small, monkeypatch):
    checked = recipe(configure(*small), 2)
    held = sum(len(checked.planner(0).held(w)) for w in checked.hosting(2).values())
    needed = 4 * checked.layout.size * held
    monkeypatch.setattr(memory, "free_bytes", lambda device: needed)
    check_memory(checked, 2, CPU)
    monkeypatch.setattr(memory, "free_bytes", lambda device: needed - 1)
    with pytest.raises(ValueError, match=rf"gradients of {held} tasks.*GB are free; use"):
        check_memory(checked, 2, CPU)
    monkeypatch.setattr(memory, "free_bytes", lambda device: None)
    check_memory(checked, 2, CPU)
