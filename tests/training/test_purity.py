"""Models whose forward pass is no pure function, or does not run."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from robusttrain.training.purity import check_forward, check_parameters
from robusttrain.usercode.broken import Broken

INPUTS = torch.ones(4, 3)


class Drawn(nn.Linear):
    def forward(self, x):
        return functional.dropout(super().forward(x), 0.5)


class Counting(nn.Linear):
    """Outputs do not depend on what it counts."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.count += 1
        return super().forward(x)


def chain(*layers):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), *layers)


def test_the_outputs_are_the_models():
    model = chain(nn.ReLU(), nn.Linear(8, 2))
    assert torch.equal(check_forward(model, INPUTS), model(INPUTS))
    assert not any(layer._forward_hooks for layer in model.modules())


def test_the_innermost_layer_that_draws_is_named():
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=r"^model: layer 1\.0 \(Drawn\) gives other outputs"):
        check_forward(chain(nn.Sequential(Drawn(8, 64))), INPUTS)


def test_a_buffer_that_changes_is_named():
    with pytest.raises(ValueError, match=r"forward changes the buffer 1\.count"):
        check_forward(chain(Counting(8, 2)), INPUTS)


def test_buffers_that_stay_are_no_fault():
    model = chain(nn.Linear(8, 2))
    model.register_buffer("mask", torch.ones(2))
    check_forward(model, INPUTS)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [(torch.ones(4, 5), r"inputs float32 \[4, 5\] raised RuntimeError: mat1"),
     (INPUTS.double(), r"float64 .* return x\.float\(\)"), ({"x": INPUTS}, r"\{x: float32 ")],
)  # fmt: skip
def test_a_forward_that_raises_is_told_with_what_it_was_given(inputs, says):
    with pytest.raises(Broken, match=says):
        check_forward(chain(), inputs)


def test_parameters_are_there_and_single_precision():
    check_parameters(chain())
    with pytest.raises(ValueError, match="Flatten has no trainable parameters"):
        check_parameters(nn.Flatten())
    with pytest.raises(ValueError, match="no trainable"):
        check_parameters(chain().requires_grad_(False))
    with pytest.raises(ValueError, match=r"parameter 0\.weight is torch\.float64"):
        check_parameters(chain().double())
