"""What every model in configs/model must be: of the right shape, and a pure function."""

from inspect import signature

import pytest
import torch
from support import component, described, members

from robusttrain.training.model.base import check_pure
from robusttrain.usercode.locate import locate

torch.set_num_threads(1)
MODELS = members("model")
CLASSES, VOCABULARY = 7, 11


def cases(path):
    """(what is known of the data, shape of an input, of an output), for what the model asks for."""
    asked = signature(locate("model._target_", described(path)["_target_"])).parameters
    if "image" in asked:
        for image in ((1, 8, 8), (1, 28, 28), (3, 32, 32)):
            yield {"image": image, "classes": CLASSES}, image, (CLASSES,)
    elif "vocabulary" in asked:
        for length in (1, 16):
            facts = {"vocabulary": VOCABULARY, "length": length}
            yield facts, (length,), (length, VOCABULARY)


CASES = [pytest.param(path, case, id=f"{path.stem}-{case[1]}")
         for path in MODELS for case in cases(path)]  # fmt: skip


def load(path, facts):
    torch.manual_seed(0)
    return component(path, **facts)


def inputs(count, facts, shape):
    draw = torch.Generator().manual_seed(0)
    if "vocabulary" in facts:
        return torch.randint(VOCABULARY, (count, *shape), generator=draw)
    return torch.randn(count, *shape, generator=draw)


def test_every_model_has_a_case():
    assert {case.id.partition("-")[0] for case in CASES} == {path.stem for path in MODELS}


@pytest.mark.parametrize(("path", "case"), CASES)
def test_one_output_for_each_class(path, case):
    facts, shape, outputs = case
    model = load(path, facts)
    assert model(inputs(2, facts, shape)).shape == (2, *outputs)
    assert model.state_dict().keys() == dict(model.named_parameters()).keys()


@pytest.mark.parametrize(("path", "case"), CASES)
def test_an_output_depends_on_its_input_alone(path, case):
    """And not on what was in the batch, nor on earlier calls."""
    facts, shape, _ = case
    model, given = load(path, facts), inputs(4, facts, shape)
    check_pure(model)
    with torch.no_grad():
        together = model(given)
        alone = torch.cat([model(given[i : i + 1]) for i in (3, 2, 1, 0)]).flip(0)
        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
        assert torch.equal(model(given), together)
