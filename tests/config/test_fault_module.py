"""Faults in modules that the model does not have are refused, and the nearest name is said."""

import pytest
from probes import PROBES
from torch import nn

from robusttrain.config.fault_module import check_modules
from robusttrain.config.recipe import recipe
from robusttrain.threat.fault.bit_flip import BitFlip
from robusttrain.threat.faults import Faults, Planned
from robusttrain.threat.phases import Phase

INSIDE = {name: Phase(name, "computed", inside=True) for name in ("activation", "weight_gradient")}


def check(model, phase, module):
    check_modules(Faults([Planned(0, 1, INSIDE[phase], BitFlip(), module=module)]), model)


def named():
    return nn.ModuleDict({"encoder": nn.Linear(1, 1), "relu": nn.ReLU()})


def test_modules_that_are_there_and_those_that_are_drawn_pass():
    check(named(), "activation", "relu")
    check(named(), "activation", None)
    check(named(), "weight_gradient", "encoder")


@pytest.mark.parametrize(
    ("phase", "module", "message"),
    [
        ("activation", "encodr",
         r"module: encodr\}: module=encodr is no module of the model; did you mean encoder\? "
         r"choose from encoder, relu$"),
        ("activation", "zzz", r"module=zzz is no module of the model; choose from encoder, relu$"),
        ("weight_gradient", "relu",
         r"module=relu has no trainable weight of its own, as phase=weight_gradient needs; choose "
         r"from encoder$"),
    ],
)  # fmt: skip
def test_others_are_refused_in_one_line(phase, module, message):
    with pytest.raises(ValueError, match=message) as caught:
        check(named(), phase, module)
    assert "\n" not in str(caught.value)


def test_of_many_modules_the_first_are_listed():
    many = nn.Sequential(*(nn.ReLU() for _ in range(40)))
    with pytest.raises(ValueError, match=r"choose from 0, 1, .*, 11, \.\.\.$"):
        check(many, "activation", "x")


def test_a_recipe_checks_it(configure):
    words = (*PROBES, "fault=[{worker: 1, step: 2, phase: activation, do: bit_flip, module: fc}]")
    with pytest.raises(ValueError, match="module=fc is no module of the model"):
        recipe(configure(*words))
