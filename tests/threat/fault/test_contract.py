"""What every kind of fault must do."""

import inspect
from dataclasses import fields

import numpy as np
import pytest
import torch
from hydra.utils import get_class

from robusttrain.config.fault import kinds
from robusttrain.threat.fault.base import Damage, Fault

CLASSES = {name: get_class(path) for name, path in kinds().items()}
DAMAGES = [name for name, cls in CLASSES.items() if issubclass(cls, Damage)]


@pytest.fixture(params=CLASSES.values(), ids=CLASSES)
def fault(request):
    return request.param()


@pytest.fixture(params=DAMAGES)
def damage(request):
    return CLASSES[request.param]()


def test_it_says_what_happens_and_who_saw_it(fault):
    assert isinstance(fault, Fault)
    assert inspect.getdoc(type(fault)).partition("\n")[0].endswith((".", ":"))
    assert fault.source == "-" or (fault.source[-6] == "(" and fault.source[-1] == ")")
    assert fault.fits in ("message", "received", "sent", "bytes")
    assert fault.span in ("message", "phase", "run")
    assert isinstance(fault, Damage) == (fault.fits == "bytes")


def test_it_can_be_made_without_parameters_and_compares_by_them(fault):
    assert fault == type(fault)()
    assert hash(fault) == hash(type(fault)())
    assert all(field.default is not field.default_factory for field in fields(fault))


def test_damage_changes_what_is_the_workers_alone(damage, hit):
    struck = hit(payload=[170] * 32, owners=(5, 7, 5, 9))
    (message,) = damage.strike(struck)
    rows = message.payload.view(4, 8)
    assert message.header == struck.message.header
    assert (rows[[1, 3]] == 170).all()
    assert not (rows[[0, 2]] == 170).all()
    assert (struck.message.payload == 170).all()


def test_damage_is_the_same_from_the_same_generator(damage):
    first, again = torch.zeros(64, dtype=torch.uint8), torch.zeros(64, dtype=torch.uint8)
    for data in (first, again):
        damage.damage(data, np.random.default_rng(3))
    assert torch.equal(first, again)


def test_a_message_in_which_nothing_is_the_workers_is_left_alone(damage, hit):
    for owners, payload in (((7, 9), range(8)), ((), ()), (None, ())):
        struck = hit(owners=owners, payload=payload)
        assert damage.strike(struck) == [struck.message]
