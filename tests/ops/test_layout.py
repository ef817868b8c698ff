"""Parameters <-> flat vector, and the blocks of the vector."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robusttrain.ops import layout as layouts
from robusttrain.ops.layout import Layout


def small_model() -> nn.Module:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GroupNorm(1, 2), nn.Linear(4, 3))
    model[1].bias.requires_grad_(False)
    model.register_parameter("scale", nn.Parameter(torch.tensor(2.0)))
    return model


def test_layout_follows_the_trainable_parameters_in_order():
    layout = Layout.of(small_model(), block=7)
    assert layout.names == ("scale", "0.weight", "0.bias", "1.weight", "2.weight", "2.bias")
    assert layout.sizes == [1, 18, 2, 2, 12, 3]
    assert layout.size == 38


def test_pack_concatenates_and_unflatten_is_its_inverse():
    model = small_model()
    layout = Layout.of(model, block=7)
    named = {n: torch.randn(s) for n, s in zip(layout.names, layout.shapes, strict=True)}
    out = torch.empty(layout.size)
    assert layout.pack(named, out) is out
    assert torch.equal(out, torch.cat([named[n].flatten() for n in layout.names]))
    back = layout.unflatten(out)
    assert list(back) == list(layout.names)
    assert all(torch.equal(back[n], named[n]) for n in layout.names)


def test_pack_takes_leading_dimensions_and_strided_inputs():
    layout = Layout.of(nn.Linear(2, 3), block=4)
    named = {"weight": torch.randn(5, 2, 3).transpose(1, 2), "bias": torch.randn(5, 3)}
    rows = layout.pack(named, torch.empty(5, layout.size))
    for i, row in enumerate(rows):
        single = {name: value[i] for name, value in named.items()}
        assert torch.equal(row, layout.pack(single, torch.empty(layout.size)))


def test_unflatten_gives_views():
    layout = Layout.of(nn.Linear(2, 3), block=4)
    flat = torch.zeros(layout.size)
    layout.unflatten(flat)["bias"].fill_(1.0)
    assert flat.tolist() == [0.0] * 6 + [1.0] * 3


def test_a_missing_parameter_is_an_error():
    layout = Layout.of(nn.Linear(2, 3), block=4)
    with pytest.raises(KeyError):
        layout.pack({"weight": torch.zeros(3, 2)}, torch.empty(layout.size))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 300), st.integers(1, 400))
def test_blocks_cover_every_coordinate_once(size, block):
    blocks = Layout(("w",), (torch.Size([size]),), block).blocks
    assert [i for lo, hi in blocks for i in range(lo, hi)] == list(range(size))
    assert all(hi - lo == block for lo, hi in blocks[:-1])
    assert 1 <= blocks[-1][1] - blocks[-1][0] <= block


@pytest.mark.parametrize("parcel", [1, 30, 64, 1000])
@pytest.mark.parametrize(("size", "block"), [(300, 20), (299, 20), (5, 20), (20, 20), (41, 20)])
def test_parcels_are_whole_blocks_in_order_as_many_as_fit(monkeypatch, size, block, parcel):
    monkeypatch.setattr(layouts, "PARCEL", parcel)
    layout = Layout(("w",), (torch.Size([size]),), block)
    starts, parcels = [lo for lo, _ in layout.blocks], layout.parcels
    assert [starts[first] for first in parcels] == [lo for lo, _ in parcels.values()]
    assert [i for lo, hi in parcels.values() for i in range(lo, hi)] == list(range(size))
    assert {hi for _, hi in parcels.values()} <= {hi for _, hi in layout.blocks}
    lengths = [hi - lo for lo, hi in parcels.values()]
    assert all(n <= max(parcel, block) < n + block for n in lengths[:-1])
    assert lengths[-1] <= max(parcel, block)
