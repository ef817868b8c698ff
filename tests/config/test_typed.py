"""Parameters of a part, by its constructor: names, types, and what it refuses itself."""

import pytest
import torch
from hydra.utils import get_object
from omegaconf import OmegaConf
from support import ROOT, members

from robusttrain.config.choices import described
from robusttrain.config.keys import known
from robusttrain.config.typed import check_types, refused


class Untyped:
    def __init__(self, width, depth=2, wide=False, name="a", limit=float("inf")):
        pass


def anything(**parameters):
    return parameters


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": 1, "depth": "x"}, r"^part\.depth=x must be a number; use 2$"),
        ({"width": 1, "wide": 1}, r"^part\.wide=1 must be true or false; use false$"),
        ({"width": 1, "name": 1}, r"^part\.name=1 must be text; use a, or \"part\.name='1'\""),
        ({"width": 1, "with": 3}, r"^part\.with: .*Untyped has no with; its parameters: width,"),
        ({"width": 1, "dept": 3}, r"did you mean part\.depth\?$"),
        ({"depth": 1}, r"^part: .*Untyped needs the argument width; .* \+part\.width=\.\.\., or"),
    ],
)
def test_without_annotations_the_defaults_are_the_rule(given, message):
    with pytest.raises(ValueError, match=message):
        check_types("part", Untyped, given)


def test_what_fits_passes():
    check_types("part", Untyped, {"width": "any", "depth": 0.5, "limit": float("inf")})
    check_types("part", Untyped, {"depth": 1}, more=("width",))
    check_types("part", Untyped, {"depth": 1, "_partial_": True})
    check_types("part", anything, {"whatever": "x"})
    check_types("optimizer", torch.optim.Adam, {"lr": 1, "betas": [0.9, 0.99]}, ["params"])


def test_components_within_are_checked():
    inner = {"_target_": "robusttrain.defense.aggregator.krum.Krum", "f": 1.5}
    with pytest.raises(ValueError, match=r"^part\.rule\.f=1\.5 must be a whole number or null"):
        check_types("part", anything, {"rule": inner})
    with pytest.raises(ValueError, match=r"^part\.rules\[1\]\.f=1\.5 must be"):
        check_types("part", anything, {"rules": [3, inner]})
    check_types("part", anything, {"rule": {"_target_": "nowhere.Krum", "f": 1.5}})


def test_numbers_of_our_own_and_of_torch_are_finite():
    with pytest.raises(ValueError, match=r"lr=inf must be a finite number"):
        check_types("optimizer", torch.optim.SGD, {"lr": float("inf")}, ["params"])


def test_a_refusal_names_the_parameters_it_is_about():
    given = {"lr": -1, "eps": 1e-8}
    message = refused("optimizer", given, torch.optim.Adam, ValueError("Invalid learning rate: -1"))
    assert message == (
        "optimizer.lr=-1 is refused by torch.optim.Adam: Invalid learning rate: -1; "
        "use optimizer.lr=0.001"
    )
    message = refused("optimizer", given, torch.optim.Adam, TypeError("no\nreason"))
    assert message.startswith("optimizer.lr=-1, optimizer.eps=1e-08 is refused by")
    assert message.endswith("TypeError: no reason")


STAGES = sorted(path.name for path in (ROOT / "configs").iterdir() if path.is_dir())
HANDED = ("params", "optimizer", "image", "classes", "inner", "vocabulary", "length")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "experiment"])
def test_every_choice_passes_as_it_is(stage):
    assert stage in known()[1]
    for path in members(stage):
        part = OmegaConf.to_container(described(stage, path.stem))
        target = get_object(part["_target_"])
        plain = {k: v for k, v in part.items() if k != "defaults" and "${" not in str(v)}
        check_types(stage, target, plain, {*HANDED, *part})
