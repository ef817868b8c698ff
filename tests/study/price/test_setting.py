"""Settings of the price table: the recipes they make, what they refuse."""

import pytest
from price_parts import setting_of

from robusttrain.study.price.rows import row_of


@pytest.mark.parametrize("name", ["ddp", "none", "digest", "audit", "unprobed", "probe:0.5x2"])
def test_every_row_is_a_recipe_over_the_same_samples(name):
    setting = setting_of(workers=6, batch=60)
    recipe = setting.recipe(row_of(name))
    assert (recipe.workers, recipe.batch, recipe.threat.byzantine) == (6, 60, 0)
    assert recipe.steps == row_of(name).length(setting.steps) + 1
    assert recipe.planner(0).samples.size == 60


def test_rows_are_interleaved_in_rounds():
    blocks = [(turn, row.name) for turn, row in setting_of().blocks()]
    assert blocks == [(0, "ddp"), (0, "probe:1"), (1, "ddp"), (1, "probe:1")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"workers": 5}, "--workers 5 must be a multiple of --ranks 2"),
        ({"repeat": 0}, "--repeat 0 must be >= 1"),
        ({"model": "alexnet"}, "--model alexnet must be one of"),
        ({"rows": ()}, "--rows needs a row"),
    ],
)
def test_wrong_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        setting_of(**changes)
