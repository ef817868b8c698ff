"""What does not fit into the free memory is refused, saying what each rank takes."""

import pytest
from price_parts import setting_of

from robusttrain.study.price import memory
from robusttrain.study.price.memory import COPIES, PROCESS, check_memory, needed
from robusttrain.study.price.rows import row_of

SETTING = setting_of(workers=6, batch=60)
RECIPES = {row_of(name): SETTING.recipe(row_of(name)) for name in ("ddp", "digest", "probe:1")}


def test_rows_and_sums_are_counted():
    vector = 4 * next(iter(RECIPES.values())).layout.size
    taken = {row.name: needed(row, recipe, 2, 7) for row, recipe in RECIPES.items()}
    # 19 of the 20 triples of six workers have a member among three of them.
    assert taken["digest"] == (PROCESS + COPIES * vector, PROCESS + (COPIES + 19) * vector + 7)
    assert taken["probe:1"] == (
        PROCESS + (COPIES + 6) * vector, PROCESS + (COPIES + 3) * vector + 7
    )  # fmt: skip
    assert taken["ddp"] == (PROCESS, PROCESS + COPIES * vector + 7)


def test_too_large_rows_are_refused_and_others_pass(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: int(3.5 * PROCESS))
    check_memory(SETTING, RECIPES)
    monkeypatch.setattr(memory, "free_bytes", lambda device: 3 * PROCESS)
    with pytest.raises(ValueError, match=r"--rows ddp: the server takes 0\.40 GB and each of 2 w"):
        check_memory(SETTING, RECIPES)
    monkeypatch.setattr(memory, "free_bytes", lambda device: None)
    check_memory(SETTING, RECIPES)
