"""Sizes of models reach model and data."""

from price_parts import setting_of

from robusttrain.study.price.rows import row_of
from robusttrain.study.price.setting import titled
from robusttrain.study.price.sizes import sizes_of


def test_sizes_reach_the_model():
    sizes = sizes_of("resnet18", image=16, length=1, width=1, layers=1)
    recipe = setting_of(model="resnet18", sizes=sizes).recipe(row_of("ddp"))
    assert tuple(recipe.data.image) == (3, 16, 16)
    assert "image=[3,16,16]" in titled(setting_of(model="resnet18", sizes=sizes))
    sizes = sizes_of("gpt", image=1, length=32, width=16, layers=1)
    assert setting_of(model="gpt", sizes=sizes).recipe(row_of("ddp")).data.length == 32
