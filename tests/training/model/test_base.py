"""Which layers leak between tasks or draw at random."""

import pytest
from torch import nn

from robusttrain.training.model.base import check_pure


@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm1d(4),
        nn.BatchNorm2d(4),
        nn.BatchNorm2d(4, track_running_stats=False),
        nn.LazyBatchNorm2d(),
        nn.SyncBatchNorm(4),
        nn.InstanceNorm2d(4, track_running_stats=True),
        nn.Dropout(0.5),
        nn.Dropout2d(0.1),
        nn.AlphaDropout(0.1),
    ],
    ids=lambda layer: str(layer),
)
def test_impure_layers_are_refused_by_name(layer):
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), layer))
    with pytest.raises(ValueError, match=rf"layer 1\.1 is {type(layer).__name__}") as caught:
        check_pure(model)
    assert "use GroupNorm" in str(caught.value) or "set p=0" in str(caught.value)


@pytest.mark.parametrize(
    "layer",
    [
        nn.GroupNorm(2, 4),
        nn.LayerNorm(4),
        nn.InstanceNorm2d(4),
        nn.InstanceNorm2d(4, affine=True),
        nn.Dropout(0.0),
        nn.Conv2d(4, 4, 3),
        nn.MultiheadAttention(4, 2),
    ],
    ids=lambda layer: str(layer),
)
def test_pure_layers_pass(layer):
    check_pure(layer)
    check_pure(nn.Sequential(layer, nn.Linear(4, 4)))


@pytest.mark.parametrize(
    "layer", [nn.MultiheadAttention(4, 2, dropout=0.1), nn.LSTM(4, 4, 2, dropout=0.1), nn.RReLU()]
)
def test_layers_with_a_hidden_draw_are_refused(layer):
    with pytest.raises(ValueError, match=type(layer).__name__):
        check_pure(nn.Sequential(layer))
