"""Activations are measured."""

from price_parts import setting_of

from robusttrain.study.price.activations import activations
from robusttrain.study.price.rows import row_of


def test_activations_grow_with_the_micro_batch():
    few = activations(setting_of(batch=64, micro=2).recipe(row_of("ddp")))
    many = activations(setting_of(batch=64, micro=16).recipe(row_of("ddp")))
    assert 4 * few < many
