"""A user's own classes and functions, as overrides."""

import pytest
import torch
from own_parts import Net, make_data, middle

import robusttrain as rt
from robusttrain.config.parts import overrides_for


def test_classes_are_targets_and_functions_are_paths():
    assert overrides_for({"model": Net, "data": make_data, "aggregator": middle, "loss": None}) == [
        "model._target_=own_parts.Net", "data=own", "data.make=own_parts.make_data",
        "aggregator=foreign", "aggregator.rule=own_parts.middle",
    ]  # fmt: skip
    assert overrides_for({"aggregator": rt.aggregator.Median, "optimizer": torch.optim.AdamW}) == [
        "aggregator._target_=robusttrain.defense.aggregator.median.Median",
        "optimizer._target_=torch.optim.adamw.AdamW",
    ]


def test_a_path_stands_for_itself():
    assert overrides_for({"model": "mine.Net", "loss": "mine.loss"}) == [
        "model._target_=mine.Net", "objective.loss=mine.loss",
    ]  # fmt: skip


@pytest.mark.parametrize("part", [lambda: 3, Net(20, 2), 7])
def test_what_other_processes_cannot_import_is_refused(part):
    with pytest.raises(ValueError, match=r"^model: .*(cannot be imported|at the top of a file)"):
        overrides_for({"model": part})
